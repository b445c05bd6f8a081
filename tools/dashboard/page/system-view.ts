// All of one system: its state, the boot, the services, a log and the console.

import type { GuestEventLine } from '../../../supervisor/contract/events.ts';
import { addEvent } from '../../machine/boot-events.ts';
import type { PageAction, PageMessage } from '../messages.ts';
import { type Absence, conditionOf, type ServiceUsage, serviceRows } from '../system-model.ts';
import { drawChart } from './chart-view.ts';
import { address, sendAction } from './connection.ts';
import { createConsoleView } from './console-view.ts';
import { element, setText } from './elements.ts';
import { createLogsView } from './logs-view.ts';
import { createServicesView, duration } from './services-view.ts';

type SystemMessage = Extract<PageMessage, { readonly type: 'system' }>;

export interface SystemView {
	readonly root: HTMLElement;
	/** The entry of the list of systems. */
	readonly tab: HTMLButtonElement;
	replace(message: SystemMessage): void;
	add(event: GuestEventLine, bootedAtMs: number): void;
	setUsage(usage: readonly ServiceUsage[]): void;
	/** Draws what changes by time alone. */
	tick(): void;
	setVisible(isVisible: boolean): void;
	close(): void;
}

interface State {
	isUp: boolean;
	absence: Absence;
	bootedAtMs: number;
	events: GuestEventLine[];
	usage: Map<string, ServiceUsage>;
	isVisible: boolean;
	isChartOld: boolean;
	log: string;
}

export function createSystemView(name: string, onSelect: () => void): SystemView {
	const state: State = {
		isUp: true,
		absence: 'ended',
		bootedAtMs: Date.now(),
		events: [],
		usage: new Map(),
		isVisible: false,
		isChartOld: true,
		log: 'init',
	};
	const dot = element('span', { class: 'dot' });
	const tab = element('button', { class: 'tab', onclick: onSelect }, dot, element('span', { text: name }));
	const badge = element('span', { class: 'badge' });
	const uptime = element('span', { class: 'uptime' });
	const note = element('p', { class: 'note', more: { role: 'status' } });
	const reboot = powerButton('Reboot', 'reboot');
	const off = powerButton('Power off', 'poweroff');
	const chart = element('div', { class: 'chart-place' });
	const services = createServicesView({
		onAction: (service, action) => void act({ action, service }),
		onSelect: showLog,
	});
	const logs = createLogsView();
	const terminal = createConsoleView(name);
	const logTitle = element('span', { class: 'log-name' });
	const panels = tabbedPanels(logTitle, logs.root, terminal.root, () => terminal.show());
	const save = element('a', {
		class: 'button',
		text: 'Save as SVG',
		more: { href: address('boot.svg', { system: name }), download: '' },
	});
	const root = element(
		'main',
		{},
		element(
			'header',
			{},
			element('h1', { text: name }),
			badge,
			uptime,
			element('span', { class: 'space' }),
			reboot,
			off,
		),
		note,
		card('Services', services.root),
		card('Boot', chart, save),
		panels,
	);

	function powerButton(text: string, action: 'poweroff' | 'reboot'): HTMLButtonElement {
		const button = element('button', { text, class: action === 'poweroff' ? 'danger' : '' });
		button.addEventListener('click', () => {
			// A second click confirms: a dialog would hide what happens.
			if (button.classList.toggle('confirm')) {
				setText(button, `${text}: sure?`);
				setTimeout(() => {
					button.classList.remove('confirm');
					setText(button, text);
				}, 4000);
			} else {
				setText(button, text);
				void act({ action });
			}
		});
		return button;
	}

	async function act(action: PageAction): Promise<void> {
		const failure = await sendAction(name, action);
		setText(note, failure ?? '');
	}

	function showLog(service: string): void {
		state.log = service;
		setText(logTitle, service === 'init' ? 'PID 1' : service);
		services.select(service);
		panels.dispatchEvent(new Event('show-log'));
		if (state.isVisible) logs.show(name, service);
	}

	function nowSeconds(): number {
		return (Date.now() - state.bootedAtMs) / 1000;
	}

	function draw(): void {
		const condition = conditionOf(state.events, state.isUp, state.absence);
		setText(badge, condition);
		badge.className = `badge ${condition.replaceAll(' ', '-')}`;
		dot.className = `dot ${condition.replaceAll(' ', '-')}`;
		if (!state.isVisible) return;
		setText(uptime, state.isUp ? `up ${duration(nowSeconds())}` : '');
		services.update(serviceRows(state.events), state.usage, nowSeconds(), state.isUp);
		reboot.disabled = !state.isUp;
		off.disabled = !state.isUp;
		if (!state.isChartOld && condition !== 'booting') return;
		drawChart(chart, state.events, state.isUp ? nowSeconds() : 0);
		state.isChartOld = false;
	}

	showLog('init');
	return {
		root,
		tab,
		replace({ isUp, absence, bootedAtMs, events }) {
			Object.assign(state, { isUp, absence, bootedAtMs, events: [...events], isChartOld: true });
			draw();
		},
		add(event, bootedAtMs) {
			addEvent(state.events, event);
			Object.assign(state, { bootedAtMs, isChartOld: true });
			draw();
		},
		setUsage(usage) {
			state.usage = new Map(usage.map((each) => [each.name, each]));
			draw();
		},
		tick: draw,
		setVisible(isVisible) {
			state.isVisible = isVisible;
			tab.classList.toggle('selected', isVisible);
			logs.show(name, isVisible ? state.log : null);
			draw();
		},
		close() {
			logs.show(name, null);
			terminal.close();
			root.remove();
			tab.remove();
		},
	};
}

function card(title: string, content: HTMLElement, ...tools: readonly HTMLElement[]): HTMLElement {
	return element('section', { class: 'card' }, element('h2', { text: title }, ...tools), content);
}

/** A card with the log and the console. The event `show-log` of it brings the log to the front. */
function tabbedPanels(
	logTitle: HTMLElement,
	log: HTMLElement,
	terminal: HTMLElement,
	onConsole: () => void,
): HTMLElement {
	const logButton = element('button', { class: 'panel-tab' }, 'Log of ', logTitle);
	const consoleButton = element('button', { class: 'panel-tab', text: 'Console' });
	const root = element(
		'section',
		{ class: 'card' },
		element('h2', {}, logButton, consoleButton),
		log,
		terminal,
	);
	const choose = (isConsole: boolean): void => {
		terminal.hidden = !isConsole;
		log.hidden = isConsole;
		consoleButton.classList.toggle('selected', isConsole);
		logButton.classList.toggle('selected', !isConsole);
		if (isConsole) onConsole();
	};
	logButton.addEventListener('click', () => choose(false));
	consoleButton.addEventListener('click', () => choose(true));
	root.addEventListener('show-log', () => choose(false));
	choose(false);
	return root;
}
