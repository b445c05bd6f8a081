// What a server of systems tells: who asked for which file, and which machine boots which system.

export type ServeEvent =
	| {
			readonly event: 'serving';
			readonly directories: readonly string[];
			readonly systems: readonly string[];
			/** Systems of the list of machines that are not there yet. */
			readonly absent: readonly string[];
	  }
	| {
			readonly event: 'listening';
			readonly protocol: 'http' | 'tftp' | 'dhcp';
			/** With the port, such as `0.0.0.0:8080`. */
			readonly address: string;
	  }
	| {
			readonly event: 'file';
			readonly protocol: 'http' | 'tftp';
			readonly client: string;
			readonly path: string;
			readonly bytes: number;
			/** `sent`, or the reason why it was not, or not whole. */
			readonly outcome: string;
	  }
	| {
			readonly event: 'boot';
			readonly client: string;
			readonly mac: string | null;
			readonly uuid: string | null;
			/** Of the list of machines; null for one that is not in it. */
			readonly machine: string | null;
			/** Null when there is nothing to boot; `problem` has the reason. */
			readonly system: string | null;
			readonly problem: string | null;
	  }
	| {
			readonly event: 'dhcp';
			readonly mac: string;
			/** The processor and firmware, such as `x86 BIOS`. */
			readonly firmware: string;
			/** What the machine is told to load; null when it got no answer, and `problem` has the reason. */
			readonly file: string | null;
			readonly problem: string | null;
	  };

export type ReportServe = (event: ServeEvent) => void;

/** Returns one line for people, without a line end. */
export function eventText(event: ServeEvent): string {
	switch (event.event) {
		case 'serving': {
			const missing = event.absent.map((system) => `; ${system} is not there yet`).join('');
			return `Serves ${event.systems.join(', ')} of ${event.directories.join(', ')}${missing}`;
		}
		case 'listening':
			return `${event.protocol.toUpperCase()} listens on ${event.address}${event.protocol === 'http' ? `; iPXE loads http://${event.address.replace(/^:/, 'HOST:')}/boot.ipxe` : ''}`;
		case 'file':
			return `${event.client} ${event.protocol} ${event.path}: ${event.outcome}, ${event.bytes} bytes`;
		case 'boot': {
			const who = [event.machine, event.mac, event.uuid].filter((each) => each !== null).join(' ');
			const what = event.system === null ? `nothing: ${event.problem}` : event.system;
			return `${event.client} ${who || 'a machine without a name'} boots ${what}`;
		}
		case 'dhcp':
			return `${event.mac} (${event.firmware}) ${event.file === null ? `gets no answer: ${event.problem}` : `is told to load ${event.file}`}`;
	}
}
