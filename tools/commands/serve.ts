// `slipway serve`: gives built systems to machines that boot from the network.

import { isIP } from 'node:net';
import { jsonLine } from '../../native/text/json-text.ts';
import { printable } from '../../native/text/printable.ts';
import { UsageError } from '../errors.ts';
import { onEarlyEnd } from '../files/early-end.ts';
import { serveHttp } from '../serve/http-server.ts';
import { parseListenAddress, portText } from '../serve/listen-address.ts';
import { loadMachines } from '../serve/machines.ts';
import { ownAddressFor } from '../serve/own-address.ts';
import { ownAddresses, serveProxyDhcp } from '../serve/proxy-dhcp.ts';
import { eventText, type ReportServe } from '../serve/serve-event.ts';
import { servedFiles } from '../serve/served-files.ts';
import { reportServed } from '../serve/served-systems.ts';
import { serveTftp } from '../serve/tftp-server.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import type { Streams } from '../terminal/streams.ts';

const about = `Gives the files of DIR (or of the current directory) to machines that boot from the network, by HTTP and with
--tftp also by TFTP: to iPXE, to PXE by BIOS and UEFI, and to UEFI's HTTP boot. iPXE loads http://HOST:8080/boot.ipxe
and boots what the machine's entry in --machines says, else the system of --system, else the only one that is there.
The systems are outputs of the format kernel+initrd.`;

const notes = `The first file is named by a DHCP server, or by --dhcp beside it: "boot.ipxe" for iPXE, which network cards of QEMU
have, and for other firmware undionly.kpxe (BIOS), ipxe.efi or snponly.efi (UEFI), which Debian's package ipxe has.

The file of --machines is YAML:

  machines:
    - {name: web1, mac: "52:54:00:12:34:56", system: web, append: console=ttyS0, hostname: web1}
    - {name: db, uuid: 2b6d4f0e-5c1b-4a5c-9f0e-1d2c3b4a5968, system: db, userDataFile: db.json}
  default: {system: web}

A machine with a hostname or user data gets ds=nocloud-net on its command line, with the address of its metadata.

Only regular files below DIR are served, without names that begin with a dot; whoever reaches the port can read
them and all metadata. The command runs until it is ended, such as by Ctrl-C.`;

const options = {
	port: {
		value: '[ADDRESS]:PORT',
		default: ':8080',
		help: 'where the HTTP server listens; port 0 is a free one',
	},
	directory: {
		value: 'DIR',
		isRepeatable: true,
		completes: 'directory',
		help: 'the same as DIR, as in LinuxKit',
	},
	tftp: {
		value: '[ADDRESS]:PORT',
		bareValue: ':69',
		meantAsValue: /^\S*:\d+$|^\d+$/,
		help: 'serve the files by TFTP as well; port 69, which firmware uses, needs root',
	},
	dhcp: {
		help: 'name the first file to machines, beside the DHCP server that gives them addresses (ports 67 and 4011, as root); with --tftp',
	},
	machines: { value: 'FILE', completes: 'file', help: 'which machine boots what; see below' },
	system: { value: 'NAME', help: 'the system of machines that have none of their own' },
	address: {
		value: 'ADDRESS',
		help: 'the address of this host that clients get; by default the one that reaches the client',
	},
	json: { help: 'print one JSON object a line, for programs' },
} as const satisfies OptionTable;

export const serveCommand: Command = {
	name: 'serve',
	summary: 'give systems to machines that boot from the network',
	operands: '[DIR...]',
	operandsComplete: 'directory',
	about,
	options,
	notes,
	async run(args, streams) {
		const { values, positionals } = readArguments(args, options);
		const directories = [...positionals, ...values.directory];
		const http = parseListenAddress('--port', values.port);
		// PXE takes the first file by TFTP alone.
		const tftpText = values.tftp ?? (values.dhcp ? options.tftp.bareValue : undefined);
		const tftp = tftpText === undefined ? null : parseListenAddress('--tftp', tftpText);
		if (values.address !== undefined && isIP(values.address) === 0)
			throw new UsageError(`--address ${values.address}: expected an address such as 192.168.1.2.`);
		const report = reporter(streams, values.json);
		const places = directories.length === 0 ? ['.'] : directories;
		const files = await servedFiles(places);
		const machines = values.machines === undefined ? [] : await loadMachines(values.machines);
		const settings = { files, machines, system: values.system ?? null, report };
		await reportServed(settings, places);
		const servers: { close(): Promise<void> }[] = [];
		try {
			const server = await serveHttp(settings, http);
			servers.push(server);
			const httpFor = async (client: string): Promise<string> =>
				httpAddress(values.address ?? (await ownAddressFor(client)), server.port);
			if (tftp !== null) servers.push(await serveTftp({ files, report, httpFor }, tftp));
			if (values.dhcp) {
				const addresses = values.address === undefined ? ownAddresses() : [values.address];
				servers.push(await serveProxyDhcp({ ...settings, httpPort: server.port, addresses }));
			}
			await new Promise<void>((resolve) => onEarlyEnd(() => resolve()));
		} finally {
			await Promise.all(servers.map(async (server) => await server.close()));
		}
		return 0;
	},
};

/** A client behind QEMU's user network seems to be on this host, and only it knows the address of its server. */
function httpAddress(address: string | null, port: number): string {
	const isLocal = address === null || /^(127\.|::1$)/.test(address);
	return isLocal ? `http://\${next-server}:${port}` : `http://${portText({ host: address, port })}`;
}

function reporter(streams: Streams, isJson: boolean): ReportServe {
	return (event) => {
		const line = isJson
			? jsonLine({ time: new Date().toISOString(), ...event })
			: `${printable(eventText(event))}\n`;
		streams.out.write(line);
	};
}
