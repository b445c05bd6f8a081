// An /etc/hosts (hosts(5)) with the names of a container's neighbours. Pure.

const localNames = `127.0.0.1 localhost
::1 localhost ip6-localhost ip6-loopback
`;

export interface NamedHost {
	readonly name: string;
	/** `ADDRESS/PREFIX-LENGTH`. */
	readonly addresses: readonly string[];
}

/** The first of several hosts with the same name counts. */
export function hostsFile(hosts: readonly NamedHost[]): string {
	return `${localNames}${hostLines(hosts)}`;
}

/** The lines of such a file for these hosts alone. */
export function hostLines(hosts: readonly NamedHost[]): string {
	const byName = new Map(hosts.toReversed().map((host) => [host.name, host]));
	const lines = hosts
		.filter((host) => byName.get(host.name) === host)
		.flatMap(({ name, addresses }) => addresses.map((address) => `${address.replace(/\/.*/, '')} ${name}\n`));
	return lines.join('');
}
