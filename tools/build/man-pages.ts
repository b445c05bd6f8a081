// Makes the manual pages of an installed slipway: slipway(1), a page for each command, and slipway.yml(5). Their text is that of
// docs/commands.md and docs/yaml.md, which follow from the option tables and the schema; here it becomes man(7).

import { commands } from '../cli.ts';
import { type Command, usageOf } from '../terminal/command.ts';
import { commandReference } from './command-reference.ts';
import { yamlReference } from './yaml-reference.ts';

/** Returns the text of each page by its file name, e.g. `slipway-run.1`. */
export function manPages(version: string): ReadonlyMap<string, string> {
	const sections = sectionsOf(commandReference());
	const pages = new Map<string, string>([['slipway.1', overview(version)]]);
	for (const command of commands) {
		const page = pageName(command);
		// The usage is the synopsis.
		const body = (sections.get(`slipway ${command.name}`) ?? '').replace(/^\s*```[\s\S]*?```\n/, '');
		const title = { page, section: 1, version, summary: command.summary };
		pages.set(
			`${page}.1`,
			[head(title), synopsis(command), '.SH DESCRIPTION', roff(body), seeAlso].join('\n'),
		);
	}
	pages.set('slipway.yml.5', yamlPage(version));
	return pages;
}

const seeAlso = '.SH SEE ALSO\n.BR slipway (1),\n.BR slipway.yml (5)\n';

function pageName({ name }: Command): string {
	return `slipway-${name.replaceAll(' ', '-')}`;
}

interface Title {
	readonly page: string;
	readonly section: number;
	readonly version: string;
	readonly summary: string;
}

function head({ page, section, version, summary }: Title): string {
	return [
		`.TH ${page.toUpperCase()} ${section} "" "slipway ${version}"`,
		// Long values of options would be torn apart.
		'.ad l',
		'.nh',
		'.SH NAME',
		`${escaped(page)} \\- ${escaped(summary)}`,
	].join('\n');
}

function synopsis(command: Command): string {
	return `.SH SYNOPSIS\n.B slipway\n${escaped(usageOf(command))}`;
}

function overview(version: string): string {
	const summary = 'turn a YAML file into a small, immutable Linux system and launch it';
	const list = commands.map(
		(command) => `.TP\n.BR ${escaped(pageName(command))} (1)\n${escaped(command.summary)}`,
	);
	const [intro = ''] = commandReference().split('\n- ');
	return [
		head({ page: 'slipway', section: 1, version, summary }),
		'.SH SYNOPSIS\n.B slipway\nCOMMAND [options]',
		'.SH DESCRIPTION',
		roff(intro),
		'.SH COMMANDS',
		...list,
		'.SH FILES',
		'.TP\n.I $SLIPWAY_CACHE\nThe image store. Default: $XDG_CACHE_HOME/slipway, else ~/.cache/slipway.',
		'.TP\n.I /usr/share/slipway/packages.tar\nThe system packages, an OCI image layout.',
		'.SH SEE ALSO\n.BR slipway.yml (5)\n',
	].join('\n');
}

function yamlPage(version: string): string {
	const title = { page: 'slipway.yml', section: 5, version, summary: 'the description of a system' };
	const [intro = ''] = yamlReference().split('\n## ');
	const sections = [...sectionsOf(yamlReference())].map(
		([name, body]) => `.SH ${escaped(name.toUpperCase())}\n${roff(body)}`,
	);
	return [head(title), '.SH DESCRIPTION', roff(intro), ...sections, '.SH SEE ALSO\n.BR slipway (1)\n'].join(
		'\n',
	);
}

/** Returns the text below each heading of the second level. */
function sectionsOf(markdown: string): ReadonlyMap<string, string> {
	const [, ...sections] = markdown.split('\n## ');
	return new Map(
		sections.map((section) => {
			const [name = '', ...lines] = section.split('\n');
			return [name, lines.join('\n')];
		}),
	);
}

/** Converts the Markdown that the generators write: paragraphs, fenced code and nested lists. */
export function roff(markdown: string): string {
	const lines: string[] = [];
	let depth = 0;
	let inCode = false;
	const nest = (wanted: number): void => {
		for (; depth < wanted; depth++) lines.push('.RS');
		for (; depth > wanted; depth--) lines.push('.RE');
	};
	for (const line of markdown.replaceAll(/<!--[\s\S]*?-->/g, '').split('\n')) {
		const item = /^( *)- (.*)$/.exec(line);
		if (line.startsWith('```')) {
			inCode = !inCode;
			nest(0);
			lines.push(...(inCode ? ['.PP', '.RS', '.nf'].slice(lines.length === 0 ? 1 : 0) : ['.fi', '.RE']));
		} else if (inCode) {
			lines.push(escaped(line));
		} else if (item !== null) {
			nest((item[1] ?? '').length / 2);
			lines.push(...listItem(item[2] ?? ''));
		} else if (line.trim() === '') {
		} else if (!line.startsWith('# ')) {
			const startsParagraph = lines.length > 0 && (depth > 0 || isParagraphStart(markdown, line));
			nest(0);
			lines.push(...(startsParagraph ? ['.PP'] : []), inline(line.trim()));
		}
	}
	nest(0);
	return lines.join('\n');
}

function isParagraphStart(markdown: string, line: string): boolean {
	return markdown.includes(`\n\n${line}`);
}

/** The words before the first ": " are the tag. */
function listItem(text: string): readonly string[] {
	const [, tag, rest] = /^((?:`[^`]+`|[^:`])+):(?: (.*))?$/.exec(text) ?? [];
	if (tag === undefined) return ['.IP \\(bu 2', inline(text)];
	return ['.TP', inline(tag), inline(rest ?? '')].filter((line) => line !== '');
}

/** Marks code as bold, and drops the targets of links. */
function inline(text: string): string {
	const parts = text.replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1').split('`');
	const marked = parts.map((part, index) =>
		index % 2 === 1 ? `\\fB${escapedWords(part)}\\fR` : escapedWords(part),
	);
	return protectedStart(marked.join(''));
}

function escaped(text: string): string {
	return protectedStart(escapedWords(text));
}

/** A hyphen of man(7) is no minus; what is to be typed needs one. */
function escapedWords(text: string): string {
	return text
		.replaceAll('\\', '\\e')
		.replaceAll('-', '\\-')
		.replaceAll(
			/[^\x20-\x7e\t]/gu,
			(char) => `\\[u${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`,
		);
}

/** A line that begins with "." or "'" would be a request. */
function protectedStart(line: string): string {
	return /^[.']/.test(line) ? `\\&${line}` : line;
}
