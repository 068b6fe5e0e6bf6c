const writtenIn = {
  zh: /\p{Script=Han}/gu,
  en: /[\p{Script=Latin}\p{M}'’]+/gu,
  // Kana and Hangul tell Japanese and Korean from Chinese.
  other: /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Cyrillic}\p{Script=Arabic}]/gu,
};

/**
 * Is most of a text in this language, by its characters? A Chinese character weighs as much as an English word, so that a Chinese
 * answer about `Promise` is Chinese. Other languages with Latin letters are taken for English.
 *
 * @returns false for a text without letters
 */
export function isInLanguage(text: string, language: 'en' | 'zh'): boolean {
  const count = (script: keyof typeof writtenIn) => text.match(writtenIn[script])?.length ?? 0;
  const asked = count(language);
  return asked > count(language === 'en' ? 'zh' : 'en') && asked > count('other');
}
