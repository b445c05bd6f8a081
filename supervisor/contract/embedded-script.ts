// The form of a script in the executable: two assets, the text and V8's code cache of it. The builder and the guest must
// agree on every character.

export interface ScriptAssets {
	readonly source: string;
	readonly cache: string;
}

export function scriptAssets(name: string): ScriptAssets {
	return { source: `${name}.js`, cache: `${name}.cache` };
}

/** The part of CommonJS that a bundle without exports uses. */
export type ScriptFunction = (require: NodeJS.Require) => void;

export const functionHead = '(function (require) {';
export const functionEnd = '\n})';
