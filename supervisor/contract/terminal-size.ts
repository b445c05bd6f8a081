// The size of a terminal, as TIOCGWINSZ and TIOCSWINSZ have it (ioctl_tty(2)), in characters. The dashboard's page reads it too, so it
// needs nothing of Node.

export interface TerminalSize {
	readonly rows: number;
	readonly columns: number;
}
