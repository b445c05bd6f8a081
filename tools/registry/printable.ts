// Text from outside for a terminal.

/** What a registry says must not command the terminal, nor reorder what it shows. */
export function printable(message: string): string {
	return message.replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ');
}
