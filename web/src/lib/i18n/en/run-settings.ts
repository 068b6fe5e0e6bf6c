/** Words of a run's settings by their path. In English they come with the schema itself, so that nothing is said twice. */
export interface SettingWords {
  title: string;
  help: string;
  unit?: string;
}

export const runSettings: Readonly<Record<string, SettingWords>> = {};
