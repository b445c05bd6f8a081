// Parses the WWW-Authenticate header (RFC 9110, 11.6.1; the Bearer parameters are those of distribution's `token.md`).

export interface Challenge {
	/** In lower case: `bearer`, `basic`. */
	readonly scheme: string;
	readonly parameters: Readonly<Record<string, string>>;
}

/** Returns all challenges of the header. Leaves out what can't be parsed. */
export function parseChallenges(header: string): readonly Challenge[] {
	const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
	const word = /[\s,]*([A-Za-z0-9_-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/y;
	for (let match = word.exec(header); match !== null; match = word.exec(header)) {
		const [, name = '', quoted, bare] = match;
		const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? bare;
		if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: {} });
		else {
			const current = challenges.at(-1);
			if (current !== undefined) current.parameters[name.toLowerCase()] = value;
		}
	}
	return challenges;
}
