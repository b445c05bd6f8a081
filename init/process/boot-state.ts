// The record of what PID 1 has already done in this boot. It lies in /run, so it outlives a crash of PID 1.

import { readStateFile, writeStateFile } from '../../supervisor/context/state-file.ts';
import type { PowerAction } from './power-action.ts';

/** How far a shutdown is. */
export interface StepProgress {
	readonly stepsDone: readonly string[];
	/** The time at which the last step ends at the latest, in milliseconds of CLOCK_MONOTONIC. */
	readonly endsAtMs: number;
}

interface Stored {
	readonly stagesDone: readonly string[];
	/** The times of the last resumes, in seconds of CLOCK_MONOTONIC, oldest first. */
	readonly resumedAt: readonly number[];
	/** The mount that becomes the root. Once it is the root, the switch is done. */
	readonly newRootMountId: number | null;
	/** `MAJOR:MINOR` of the device that the root is read from. */
	readonly rootDevice: string | null;
	readonly isRootGone: boolean;
	readonly shutdown: PowerAction | null;
	readonly shutdownProgress: StepProgress | null;
	readonly ready: boolean;
}

const fresh: Stored = {
	stagesDone: [],
	resumedAt: [],
	newRootMountId: null,
	rootDevice: null,
	isRootGone: false,
	shutdown: null,
	shutdownProgress: null,
	ready: false,
};

/** The number of resumes that are remembered: enough to detect a loop. */
const maxResumes = 32;

export class BootState {
	readonly #path: string;
	#stored: Stored;

	constructor(path: string) {
		this.#path = path;
		this.#stored = { ...fresh, ...validFields(readStateFile(path)) };
	}

	isStageDone(stage: string): boolean {
		return this.#stored.stagesDone.includes(stage);
	}

	markStageDone(stage: string): void {
		if (!this.isStageDone(stage)) this.#update({ stagesDone: [...this.#stored.stagesDone, stage] });
	}

	get newRootMountId(): number | null {
		return this.#stored.newRootMountId;
	}

	set newRootMountId(id: number | null) {
		this.#update({ newRootMountId: id });
	}

	get rootDevice(): string | null {
		return this.#stored.rootDevice;
	}

	set rootDevice(deviceNumbers: string | null) {
		this.#update({ rootDevice: deviceNumbers });
	}

	/** Reports whether that device was removed. */
	get isRootGone(): boolean {
		return this.#stored.isRootGone;
	}

	set isRootGone(isRootGone: boolean) {
		this.#update({ isRootGone });
	}

	get shutdown(): PowerAction | null {
		return this.#stored.shutdown;
	}

	set shutdown(action: PowerAction | null) {
		this.#update({ shutdown: action });
	}

	/** Null when no shutdown has begun. */
	get shutdownProgress(): StepProgress | null {
		return this.#stored.shutdownProgress;
	}

	set shutdownProgress(progress: StepProgress | null) {
		this.#update({ shutdownProgress: progress });
	}

	get ready(): boolean {
		return this.#stored.ready;
	}

	set ready(ready: boolean) {
		this.#update({ ready });
	}

	/** Records a resume and returns the times of all that are remembered, in seconds. */
	addResume(atSeconds: number): readonly number[] {
		this.#update({ resumedAt: [...this.#stored.resumedAt, atSeconds].slice(-maxResumes) });
		return this.#stored.resumedAt;
	}

	/** A full /run must not stop a boot: state that can't be stored is lost only by a crash. */
	#update(change: Partial<Stored>): void {
		this.#stored = { ...this.#stored, ...change };
		writeStateFile(this.#path, this.#stored);
	}
}

function validFields(value: unknown): Partial<Stored> {
	if (typeof value !== 'object' || value === null) return {};
	const fields = value as { readonly [name in keyof Stored]?: unknown };
	const { stagesDone, resumedAt, newRootMountId, rootDevice, isRootGone } = fields;
	const { shutdown, shutdownProgress, ready } = fields;
	return {
		...(isArrayOf(stagesDone, isString) && { stagesDone }),
		...(isArrayOf(resumedAt, isNumber) && { resumedAt }),
		...(isNumber(newRootMountId) && { newRootMountId }),
		...(isString(rootDevice) && { rootDevice }),
		...(typeof isRootGone === 'boolean' && { isRootGone }),
		...((shutdown === 'poweroff' || shutdown === 'reboot' || shutdown === 'halt') && { shutdown }),
		...(isProgress(shutdownProgress) && { shutdownProgress }),
		...(typeof ready === 'boolean' && { ready }),
	};
}

function isProgress(value: unknown): value is StepProgress {
	if (typeof value !== 'object' || value === null) return false;
	const { stepsDone, endsAtMs } = value as { readonly [name in keyof StepProgress]?: unknown };
	return isArrayOf(stepsDone, isString) && isNumber(endsAtMs);
}

function isArrayOf<T>(value: unknown, isItem: (item: unknown) => item is T): value is T[] {
	return Array.isArray(value) && value.every(isItem);
}

function isString(value: unknown): value is string {
	return typeof value === 'string';
}

function isNumber(value: unknown): value is number {
	return typeof value === 'number';
}
