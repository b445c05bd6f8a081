// Quotes words of a command line: for people who copy it, and for the shell that sshd gives it to.

/** Returns the word as a shell takes it, in quotes when it needs them. */
export function shellWord(word: string): string {
	return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
