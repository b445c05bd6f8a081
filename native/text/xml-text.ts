// Makes text from outside safe for XML, such as an SVG document: as the text of an element, and in a quoted attribute.

/** Characters that XML 1.0 does not allow, not even as references, and those that reorder text. */
const unsafe = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\ufffe\uffff]/gu;

/** Returns the text with references for the characters of markup; each character that is not safe becomes U+FFFD. */
export function xmlText(text: string): string {
	return text
		.replaceAll(unsafe, '\ufffd')
		.replaceAll('&', '&amp;')
		.replaceAll('<', '&lt;')
		.replaceAll('>', '&gt;')
		.replaceAll('"', '&quot;');
}
