// The dashboard in the browser: a list of systems, and the one that is selected.

import type { PageMessage } from '../messages.ts';
import { openEvents } from './connection.ts';
import { element } from './elements.ts';
import { createSystemView, type SystemView } from './system-view.ts';

const tickMs = 250;

const views = new Map<string, SystemView>();
let selected: string | null = null;

const tabs = element('nav');
const place = element('div', { class: 'place' });
const nothing = element('p', {
	class: 'nothing',
	text: 'No system runs. Start one with: slipway run -d NAME',
});
const lost = element('div', {
	class: 'lost',
	text: 'The dashboard has ended, or can’t be reached. It is tried again.',
});
lost.hidden = true;
document.body.append(
	element('aside', {}, element('div', { class: 'brand', text: 'Slipway' }), tabs),
	element('div', { class: 'content' }, lost, nothing, place),
);

function select(name: string | null): void {
	selected = name;
	const view = name === null ? undefined : views.get(name);
	place.replaceChildren(...(view === undefined ? [] : [view.root]));
	for (const [each, { setVisible }] of views) setVisible(each === name);
	document.title = name === null ? 'Slipway' : `${name} – Slipway`;
	nothing.hidden = view !== undefined;
}

function viewOf(name: string): SystemView {
	const known = views.get(name);
	if (known !== undefined) return known;
	const made = createSystemView(name, () => select(name));
	views.set(name, made);
	tabs.append(made.tab);
	return made;
}

function receive(message: PageMessage): void {
	switch (message.type) {
		case 'system':
			viewOf(message.name).replace(message);
			if (selected === null) select(message.name);
			break;
		case 'event':
			views.get(message.name)?.add(message.event, message.bootedAtMs);
			break;
		case 'usage':
			views.get(message.name)?.setUsage(message.usage);
			break;
		case 'gone': {
			views.get(message.name)?.close();
			views.delete(message.name);
			if (selected === message.name) select([...views.keys()][0] ?? null);
		}
	}
}

openEvents(receive, (isOpen) => {
	lost.hidden = isOpen;
});
setInterval(() => {
	if (selected !== null) views.get(selected)?.tick();
}, tickMs);
