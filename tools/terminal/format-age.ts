// Formats how long ago something was, as `docker ps` does.

const units: readonly [name: string, seconds: number][] = [
	['day', 86_400],
	['hour', 3600],
	['minute', 60],
	['second', 1],
];

/** Returns such as `3 minutes`: one whole number of the largest unit that fits. */
export function formatAge(ms: number): string {
	const seconds = Math.max(0, Math.floor(ms / 1000));
	const [name, size] = units.find((unit) => seconds >= unit[1]) ?? ['second', 1];
	const count = Math.floor(seconds / size);
	return `${count} ${name}${count === 1 ? '' : 's'}`;
}
