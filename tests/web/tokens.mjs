/** Prints a script without its comments and spaces; texts between quotes stay as they are. */
import { readFileSync } from "node:fs";

const source = readFileSync(process.argv[2], "utf8");
const parts = /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|(?<=[=(,:!&|?]\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]])*\]|[^/\\\n])+\/)|\/\/[^\n]*|\/\*[^]*?\*\/|\s+/g;
process.stdout.write(source.replace(parts, (_, text) => text ?? ""));
