// The protocol of `/run/slipway/command.sock` (owner root, mode 0600), by which PID 1 runs `service` for the small client
// (native/client): the client sends one request and shows the output. native/client/protocol.h is its side. Numbers are
// little-endian.
//
// The request is `SLP` and the version (4 bytes), the length of what follows (4 bytes), and texts that each end with NUL: what
// stdout is, then the arguments. The first one is `COLUMNSxROWS` (0 for a size that is not known; '' when stdout is no terminal),
// then `t` when it is a terminal, then `c` when colours are wanted: `80x24tc`. PID 1 answers with frames: kind (1 byte), code (1
// byte), two zeros, the length of the payload (4 bytes), payload. The first frame is `hello`, the last one `exit` or `program`.

export const commandVersion = 1;

/** The first bytes of a request. */
export const commandMagic: Buffer = Buffer.from([0x53, 0x4c, 0x50, commandVersion]);

export const commandHeaderBytes = 8;

/** The longest texts of a request. The client runs a longer command line as a process of its own. */
export const maxCommandBytes = 64 * 1024;

export const frameKinds = {
	/** PID 1 reads the request; the code is the version. */
	hello: 0x48,
	stdout: 0x31,
	stderr: 0x32,
	/** The command goes on until its client ends: the key q ends the client, where it has a terminal. */
	keys: 0x4b,
	/** The command has ended; the code is its exit code. */
	exit: 0x58,
	/** PID 1 has done nothing: the client runs the command as a process of its own. */
	program: 0x50,
} as const;
