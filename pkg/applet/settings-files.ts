// The settings files of sysctl and sysfs: `KEY = VALUE` a line, comments with `#` or `;`, all files of a folder in the
// order of their names.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorMessage } from '../../native/text/error-message.ts';
import { AppletError } from './applet.ts';

export interface Setting {
	readonly key: string;
	readonly value: string;
	/** `FILE:LINE` */
	readonly place: string;
}

export interface SettingLines {
	readonly settings: readonly Setting[];
	/** A message for each line that is no setting, with its place. */
	readonly problems: readonly string[];
}

/** Throws `AppletError` where the folder or a file can't be read. */
export function readSettings(folder: string): SettingLines {
	const files = namesIn(folder).map((name) => join(folder, name));
	const parts = files.map((file) => parseSettings(file, readText(file)));
	return {
		settings: parts.flatMap((part) => part.settings),
		problems: parts.flatMap((part) => part.problems),
	};
}

export function parseSettings(file: string, text: string): SettingLines {
	const settings: Setting[] = [];
	const problems: string[] = [];
	for (const [index, raw] of text.split('\n').entries()) {
		const line = raw.trim();
		if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
		const place = `${file}:${index + 1}`;
		const equals = line.indexOf('=');
		const key = line.slice(0, Math.max(equals, 0)).trim();
		if (key === '') problems.push(`${place}: "${line}" is not KEY = VALUE.`);
		else settings.push({ key, value: line.slice(equals + 1).trim(), place });
	}
	return { settings, problems };
}

function namesIn(folder: string): string[] {
	try {
		return readdirSync(folder).sort();
	} catch (cause) {
		throw new AppletError(`the folder ${folder} can't be read: ${reason(cause)}`, { cause });
	}
}

function readText(file: string): string {
	try {
		return readFileSync(file, 'utf8');
	} catch (cause) {
		throw new AppletError(`${file} can't be read: ${reason(cause)}`, { cause });
	}
}

function reason(cause: unknown): string {
	return errorMessage(cause);
}
