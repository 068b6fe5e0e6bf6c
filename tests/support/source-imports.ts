/** Who imports whom, read from the sources with TypeScript's own parser. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { repositoryRoot } from '../../common/config/repository.js';

export interface SourceImport {
  /** Importing file, relative to the repository. */
  from: string;
  /** A file of the repository (relative to it), or the package's name as written. */
  to: string;
  isPackage: boolean;
  /** Erased by the compiler. */
  isTypeOnly: boolean;
}

const skipped = new Set(['node_modules', 'dist', 'build', '.svelte-kit']);

/** All imports of the sources below the given folders; `$lib/` counts as the page's own. */
export function readImports(folders: readonly string[]): SourceImport[] {
  return folders.flatMap((folder) => listSources(folder)).flatMap(importsOf);
}

function listSources(folder: string): string[] {
  return readdirSync(path.join(repositoryRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : listSources(file);
    return /\.(ts|svelte)$/.test(entry.name) && !entry.name.endsWith('.d.ts') ? [file] : [];
  });
}

function importsOf(file: string): SourceImport[] {
  const source = ts.createSourceFile(file, readScript(file), ts.ScriptTarget.Latest);
  const found: SourceImport[] = [];
  const add = (specifier: ts.Expression | undefined, isTypeOnly: boolean) => {
    if (specifier && ts.isStringLiteralLike(specifier))
      found.push({ from: file, ...resolve(file, specifier.text), isTypeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isErased(node.importClause));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, true);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isErased(clause: ts.ImportClause | undefined): boolean {
  if (!clause) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const names = clause.namedBindings;
  return (
    !clause.name &&
    !!names &&
    ts.isNamedImports(names) &&
    names.elements.every((element) => element.isTypeOnly)
  );
}

function readScript(file: string): string {
  const text = readFileSync(path.join(repositoryRoot, file), 'utf8');
  if (!file.endsWith('.svelte')) return text;
  return [...text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(([, script]) => script).join('\n');
}

function resolve(file: string, specifier: string): { to: string; isPackage: boolean } {
  if (specifier.startsWith('$lib/'))
    return { to: path.posix.join('web/src/lib', specifier.slice('$lib/'.length)), isPackage: false };
  if (!specifier.startsWith('.')) return { to: specifier, isPackage: true };
  const target = path.posix.join(path.posix.dirname(file), specifier);
  return { to: target.replace(/\.js$/, '.ts'), isPackage: false };
}
