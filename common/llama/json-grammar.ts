/**
 * JSON schema to GBNF, by node-llama-cpp's own converter.
 *
 * The converter is a pure function which the package's main export offers only behind a loaded addon of its own, a second llama.cpp in
 * the process; so it is taken from its own file.
 */
import { AppError } from '../contracts/errors.js';
import { importShipped } from './shipped.js';
import { toSupportedSchema } from './supported-schema.js';

type Convert = (schema: unknown) => string;

let converter: Promise<Convert> | undefined;

/** Any JSON value, bounded in its white space so that no model fills the context with it. */
export const anyJsonGrammar = `
root ::= value
value ::= object | array | string | number | "true" | "false" | "null"
object ::= "{" ws ( member ( "," ws member )* )? "}" ws
member ::= string ":" ws value ws
array ::= "[" ws ( value ws ( "," ws value ws )* )? "]" ws
string ::= "\\"" ( [^"\\\\\\x7F\\x00-\\x1F] | "\\\\" ( ["\\\\/bfnrt] | "u" hex hex hex hex ) )* "\\""
hex ::= [0-9a-fA-F]
number ::= "-"? ( "0" | [1-9] [0-9]{0,15} ) ( "." [0-9]{1,16} )? ( [eE] [-+]? [0-9]{1,3} )?
ws ::= [ \\n\\t]{0,8}
`;

/**
 * @param schema  JSON schema; see `toSupportedSchema` for what may stand in it; every property is written, in order
 * @returns GBNF with the root rule `root`
 * @throws AppError `GENERATION_FORMAT_UNSUPPORTED` for what GBNF cannot express here
 */
export async function schemaGrammar(schema: Readonly<Record<string, unknown>>): Promise<string> {
  const supported = toSupportedSchema(schema);
  const convert = await (converter ??= loadConverter());
  try {
    // The converter ends the text with line breaks on which its own package stops; the grammar's end does that here.
    return convert(supported).replace(/ "(?:\\n)+"(?: \[\\n\]\*)?$/m, '');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('GENERATION_FORMAT_UNSUPPORTED', { reason }, cause);
  }
}

async function loadConverter(): Promise<Convert> {
  const module = await importShipped<{ getGbnfGrammarForGbnfJsonSchema: Convert }>(
    './utils/gbnfJson/getGbnfGrammarForGbnfJsonSchema.js',
  );
  return module.getGbnfGrammarForGbnfJsonSchema;
}
