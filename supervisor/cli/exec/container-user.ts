// `--user` of `service exec`. Names are those of the container's /etc/passwd and /etc/group, read as docker reads them. Pure.

import type { IdMapping } from '../../contract/protocol.ts';

export interface ContainerUser {
	readonly uid: number;
	readonly gid: number;
	readonly groups: readonly number[];
	/** Null when the user is not in /etc/passwd. */
	readonly home: string | null;
}

export interface UserFiles {
	readonly passwd: string;
	readonly group: string;
}

const maxId = 2 ** 32 - 2;

/**
 * Finds `USER` or `USER:GROUP`, names or numbers. A user who is not in /etc/passwd has the group 0. Throws when a name is
 * unknown.
 */
export function findUser(text: string, files: UserFiles): ContainerUser {
	const [user = '', group = null] = text.split(/:(.*)/s, 2);
	const entry = linesOf(files.passwd).find(([name, , uid]) => name === user || uid === user);
	const uid = entry === undefined ? numberOf(user) : numberOf(entry[2] ?? '');
	if (uid === null)
		throw new Error(`There is no user ${JSON.stringify(user)} in the container's /etc/passwd.`);
	const name = entry?.[0];
	return {
		uid,
		gid: group === null ? (numberOf(entry?.[3] ?? '') ?? 0) : findGroup(group, files.group),
		groups: group === null && name !== undefined ? groupsOf(name, files.group) : [],
		home: entry?.[5] ?? null,
	};
}

/** Returns the home directory of a user in /etc/passwd, null when it has none. */
export function homeOf(uid: number, passwd: string): string | null {
	return linesOf(passwd).find(([, , number]) => number === String(uid))?.[5] ?? null;
}

function findGroup(group: string, file: string): number {
	const entry = linesOf(file).find(([name, , gid]) => name === group || gid === group);
	const gid = entry === undefined ? numberOf(group) : numberOf(entry[2] ?? '');
	if (gid === null)
		throw new Error(`There is no group ${JSON.stringify(group)} in the container's /etc/group.`);
	return gid;
}

function groupsOf(user: string, file: string): number[] {
	return linesOf(file).flatMap(([, , gid = '', members = '']) => {
		const number = numberOf(gid);
		return members.split(',').includes(user) && number !== null ? [number] : [];
	});
}

function linesOf(file: string): string[][] {
	return file.split('\n').map((line) => line.split(':'));
}

function numberOf(text: string): number | null {
	const number = Number(text);
	return /^\d{1,10}$/.test(text) && number <= maxId ? number : null;
}

/**
 * Returns the user as the system outside the container's user namespace sees it (user_namespaces(7)): the same user without
 * mappings, and root for a user that is not mapped.
 */
export function hostUid(uid: number, mappings: readonly IdMapping[]): number {
	if (mappings.length === 0) return uid;
	const range = mappings.find(({ containerID, size }) => uid >= containerID && uid < containerID + size);
	return range === undefined ? 0 : range.hostID + uid - range.containerID;
}
