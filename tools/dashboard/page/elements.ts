// Makes elements. Text from a system becomes the text of a node and never HTML.

type Child = Node | string | null;

interface Attributes {
	readonly class?: string;
	readonly title?: string;
	readonly text?: string;
	readonly disabled?: boolean;
	/** Further attributes, by name. */
	readonly more?: Readonly<Record<string, string>>;
	readonly onclick?: () => void;
}

export function element<K extends keyof HTMLElementTagNameMap>(
	name: K,
	attributes: Attributes = {},
	...children: readonly Child[]
): HTMLElementTagNameMap[K] {
	const made = document.createElement(name);
	const { class: classes, title, text, disabled = false, more = {}, onclick } = attributes;
	if (classes !== undefined) made.className = classes;
	if (title !== undefined) made.title = title;
	if (text !== undefined) made.textContent = text;
	if (disabled) made.setAttribute('disabled', '');
	for (const [key, value] of Object.entries(more)) made.setAttribute(key, value);
	if (onclick !== undefined) made.addEventListener('click', onclick);
	for (const child of children) if (child !== null) made.append(child);
	return made;
}

/** Makes an element of SVG. */
export function svgElement(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
	const made = document.createElementNS('http://www.w3.org/2000/svg', name);
	for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
	return made;
}

/** Sets the text when it is another one: a selection in it stays. */
export function setText(target: Element, text: string): void {
	if (target.textContent !== text) target.textContent = text;
}
