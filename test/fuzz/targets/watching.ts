// Fuzzes what a guest and an image say of themselves where a person looks: the boot chart and the treemap as SVG, the figures
// of services, and the lists of packages. Nothing of it may become markup or control a terminal.

import { bootChart } from '../../../tools/dashboard/boot-chart.ts';
import { chartSvg } from '../../../tools/dashboard/chart-svg.ts';
import { conditionOf, serviceRows } from '../../../tools/dashboard/system-model.ts';
import { parseSystemStats } from '../../../tools/dashboard/system-stats.ts';
import { topScreen } from '../../../tools/dashboard/top-screen.ts';
import { packageOwners, packageVersions } from '../../../tools/explain/package-lists.ts';
import { treemapSvg } from '../../../tools/explain/treemap.ts';
import { parseEvent } from '../../../tools/machine/guest-events.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { never } from '../support/declared.ts';

export const target: FuzzTarget = {
	seeds: [
		'{"event":"init","resumed":false,"version":"1","at":1,"msg":"a"}\n{"event":"stage","stage":"root","state":"done","durationMs":5,"at":2,"msg":"m"}',
		'{"event":"onboot","name":"000-a","state":"started","at":2,"msg":"m"}\n{"event":"onboot","name":"000-a","state":"failed","durationMs":5,"at":3,"msg":"m"}',
		'{"event":"service","name":"a","state":"waiting","reason":"waits for b and c, which is failed","at":1,"msg":"m"}\n{"event":"service","name":"b","state":"ready","ready":true,"at":2,"msg":"m"}\n{"event":"service","name":"a","state":"starting","at":3,"msg":"m"}\n{"event":"ready","at":4,"msg":"m"}',
		'{"event":"shutdown","action":"poweroff","at":9,"msg":"m","timeoutMs":1}',
		'{"name":"a","state":"ready","ready":true,"pid":7,"restarts":0,"memoryBytes":5,"cpuSeconds":1.5,"tasks":1,"logLines":2}',
		'P:musl\nF:lib\nR:libc.so\nF:\nR:top',
		'/.\n/usr/lib/x\n/lib/y',
	],
	words: ['<script>', '</text>', '&amp;', '"', '\u202e', '\u001b[2J', '1e308', '-1', '"at":', '\n'],
	declares: never,
	run(input) {
		const text = input.toString('utf8');
		const events = text.split('\n').flatMap((line) => parseEvent(line) ?? []);
		checkSvg(chartSvg(bootChart(events, 10), text.slice(0, 100)));
		conditionOf(events, true);
		const stats = parseSystemStats(text);
		const screen = { rows: 24, columns: 80, wantsColour: false };
		const shown = topScreen('os', { stats, atSeconds: 1 }, { stats, atSeconds: 2 }, screen);
		if (/(?!\n)\p{Cc}/u.test(shown)) throw new Violation('a control character reaches the terminal');
		const lists = ['a/var/lib/dpkg/info/x.list', 'a/var/lib/dpkg/status', 'b/lib/apk/db/installed'].map(
			(path) => ({ path, text }),
		);
		packageVersions(lists);
		const ownerOf = packageOwners(lists);
		const files = [...text.split('\n').slice(0, 50), ...serviceRows(events).map(({ name }) => name)].map(
			(path, index) => ({
				...{ path, kind: 'file', mode: 0, uid: 0, gid: 0, value: '', text: null },
				...{ sizeBytes: index * index, owner: ownerOf(path) },
			}),
		);
		checkSvg(
			treemapSvg('os', [
				{ name: text.slice(0, 100), isImage: true, packages: new Map(), files: files as never },
			]),
		);
	},
};

/** Each "<" begins an element of ours, and no number is one that SVG lacks. */
function checkSvg(svg: string): void {
	if (/(?![\n\t])\p{Cc}/u.test(svg)) throw new Violation('a control character in the SVG');
	for (const [, name = ''] of svg.matchAll(/<\/?([^\s>/]*)/g))
		if (!['svg', 'title', 'rect', 'text', 'tspan', 'g', 'polyline'].includes(name))
			throw new Violation(`an element <${name}> in the SVG`);
	if (/="[^"]*\b(?:NaN|Infinity)\b/.test(svg.replaceAll(/>[^<]*</g, '><')))
		throw new Violation('a number that is none');
}
