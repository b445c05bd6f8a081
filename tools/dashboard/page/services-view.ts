// The table of services: a row is made once for each service and then only changed, so that a button stays under the pointer.

import { stateRemark } from '../../../supervisor/contract/state-remark.ts';
import type { ServiceRow, ServiceUsage } from '../system-model.ts';
import { element, setText } from './elements.ts';

export interface ServicesView {
	readonly root: HTMLElement;
	update(
		rows: readonly ServiceRow[],
		usage: ReadonlyMap<string, ServiceUsage>,
		nowSeconds: number,
		isUp: boolean,
	): void;
	select(name: string): void;
}

interface Handlers {
	onAction(service: string, action: 'start' | 'stop' | 'restart'): void;
	onSelect(service: string): void;
}

interface RowView {
	readonly root: HTMLTableRowElement;
	update(row: ServiceRow, usage: ServiceUsage | null, nowSeconds: number, isUp: boolean): void;
}

const headings = ['Service', 'State', 'For', 'Restarts', 'Memory', 'CPU', ''];

export function createServicesView(handlers: Handlers): ServicesView {
	const body = element('tbody');
	const head = element('tr', {}, ...headings.map((text) => element('th', { text })));
	const root = element('table', { class: 'services' }, element('thead', {}, head), body);
	const views = new Map<string, RowView>();
	return {
		root,
		update(rows, usage, nowSeconds, isUp) {
			for (const [name, view] of views) {
				if (rows.some((row) => row.name === name)) continue;
				view.root.remove();
				views.delete(name);
			}
			for (const row of rows) {
				let view = views.get(row.name);
				if (view === undefined) {
					view = createRowView(row.name, handlers);
					views.set(row.name, view);
					body.append(view.root);
				}
				view.update(row, usage.get(row.name) ?? null, nowSeconds, isUp);
			}
		},
		select(name) {
			for (const [each, { root: row }] of views) row.classList.toggle('selected', each === name);
		},
	};
}

function createRowView(name: string, { onAction, onSelect }: Handlers): RowView {
	const state = element('span', { class: 'state' });
	const reason = element('div', { class: 'reason' });
	const number = (column: number): HTMLTableCellElement =>
		element('td', { class: 'number', more: { 'data-heading': headings[column] ?? '' } });
	const [since, restarts, memory, cpu] = [number(2), number(3), number(4), number(5)] as const;
	const restart = element('button', { text: 'Restart', onclick: () => onAction(name, 'restart') });
	const toggle = element('button', { text: 'Stop' });
	let toggles: 'start' | 'stop' = 'stop';
	toggle.addEventListener('click', () => onAction(name, toggles));
	const link = element('button', {
		class: 'link',
		text: name,
		title: 'Show its log',
		onclick: () => onSelect(name),
	});
	const root = element(
		'tr',
		{ more: { 'data-service': name } },
		element('td', {}, link, reason),
		element('td', {}, state),
		since,
		restarts,
		memory,
		cpu,
		element('td', { class: 'actions' }, restart, toggle),
	);
	return {
		root,
		update(row, usage, nowSeconds, isUp) {
			setText(state, row.state);
			state.className = `state ${row.state}`;
			setText(reason, stateRemark(row));
			setText(since, isUp ? duration(nowSeconds - row.since) : '');
			setText(restarts, String(row.restarts));
			restarts.classList.toggle('bad', row.restarts > 0);
			setText(memory, usage?.memoryBytes == null ? '–' : size(usage.memoryBytes));
			setText(cpu, usage?.cpuPercent == null ? '–' : `${usage.cpuPercent.toFixed(1)} %`);
			toggles = row.state === 'stopped' || row.state === 'failed' ? 'start' : 'stop';
			setText(toggle, toggles === 'start' ? 'Start' : 'Stop');
			restart.disabled = !isUp;
			toggle.disabled = !isUp;
		},
	};
}

function size(bytes: number): string {
	return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(0)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

export function duration(seconds: number): string {
	const whole = Math.max(0, Math.floor(seconds));
	if (whole < 60) return `${whole} s`;
	if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
	if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
	return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}
