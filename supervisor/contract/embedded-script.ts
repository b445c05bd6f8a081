// How a script lies in the executable: as the two assets of its name, the text and V8's code cache of it. Builder and
// guest must agree on every character.

export interface ScriptAssets {
	readonly source: string;
	readonly cache: string;
}

export function scriptAssets(name: string): ScriptAssets {
	return { source: `${name}.js`, cache: `${name}.cache` };
}

/** Of CommonJS only what a bundle without exports uses. */
export type ScriptFunction = (require: NodeJS.Require) => void;

export const functionHead = '(function (require) {';
export const functionEnd = '\n})';
