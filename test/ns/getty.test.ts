// The getty package's own root, in fresh namespaces, on a pseudo-terminal that script(1) makes: who gets a shell, and what
// is said to whom.

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import ava, { type ExecutionContext } from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { runProgram } from '../helpers/program.ts';
import { scratchFolder } from '../helpers/scratch.ts';
import { unpackImage } from '../helpers/unpacked-image.ts';

const test = ava.serial;
const timeoutMs = 60_000;

interface Console {
	type(text: string): void;
	/** Waits until the console has printed it, after what was waited for before. */
	prints(pattern: RegExp): Promise<void>;
}

/** @param secret - root's password in the system's /etc/getty.shadow; null for no such file */
async function openConsole(
	t: ExecutionContext,
	secret: string | null,
	environment: NodeJS.ProcessEnv = {},
): Promise<Console> {
	const folder = scratchFolder(t);
	const root = join(folder, 'root');
	await unpackImage('slipway/getty:v1', root);
	const terminal = spawn('script', ['-qfc', `tty > ${folder}/tty; exec sleep 1000`, '/dev/null']);
	let text = '';
	terminal.stdout.on('data', (bytes: Buffer) => {
		text += bytes.toString('latin1');
	});
	const readTty = async () => {
		const { stdout } = await runProgram('cat', [`${folder}/tty`]);
		return stdout.endsWith('\n') ? stdout.trim() : null;
	};
	const tty = await eventually(readTty, { timeoutMs });
	const shadow = secret === null ? '' : await shadowLine(secret);
	const script = `${setUp}${shadow === '' ? '' : `printf %s '${shadow}' > hostroot/etc/getty.shadow\n`}exec chroot . /usr/bin/rungetty.sh`;
	const unshare = ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-ec', script, 'sh', root, tty];
	const getty = spawn('unshare', unshare, { stdio: 'ignore', env: { ...process.env, ...environment } });
	t.teardown(() => ended(getty, terminal));
	return {
		type: (line) => void terminal.stdin.write(line),
		async prints(pattern) {
			const match = await eventually(async () => pattern.exec(text), { timeoutMs }).catch(
				(error: unknown) => {
					throw new Error(`${String(error)}\n${pattern} in ${JSON.stringify(text)}`);
				},
			);
			text = text.slice(match.index + match[0].length);
		},
	};
}

/** $1 is the root, $2 the terminal, which is a serial line there. */
const setUp = `
cd "$1"
mount --make-rprivate /
mkdir -p proc dev
mount -t proc proc proc
mount -t tmpfs dev dev
for name in null zero; do : > dev/$name; mount --bind /dev/$name dev/$name; done
: > dev/ttyS9
mount --bind "$2" dev/ttyS9
echo 'note="a console=ttyS8 b" loglevel=7 console=ttyS9,115200n8 -- console=ttyS7' > cmdline
for name in ttyS7 ttyS8; do : > dev/$name; mount --bind /dev/null dev/$name; done
mount --bind cmdline proc/cmdline
`;

async function shadowLine(secret: string): Promise<string> {
	const { stdout } = await runProgram('openssl', ['passwd', '-6', secret]);
	return `root:${stdout.trim()}:19000:0:::::`;
}

async function ended(...processes: readonly ChildProcess[]): Promise<void> {
	for (const each of processes) {
		const closed = new Promise((done) => each.once('close', done));
		each.kill('SIGKILL');
		await closed;
	}
}

test('getty: a wrong password is refused, the right one gives a shell that says what the machine is', async (t) => {
	const console = await openConsole(t, 'secret');
	for (const [password, answer] of [
		['wrong', /Login incorrect/],
		['secret', / is a Slipway system: Linux \S+, \w+, \d+ CPU, \d+ MB\.[\s\S]*service logs[\s\S]*poweroff/],
	] as const) {
		await console.prints(/login: $/);
		console.type('root\r');
		await console.prints(/Password: $/);
		console.type(`${password}\r`);
		await console.prints(answer);
	}
	await console.prints(/# /);
	console.type('echo "$USER:$CONTAINERD_NAMESPACE"\r');
	await t.notThrowsAsync(console.prints(/root:services\.linuxkit/));
});

test('getty: without a password file and INSECURE the console says that nobody can log in', async (t) => {
	const console = await openConsole(t, null);
	await console.prints(
		/Nobody can log in here: this system has no \/etc\/getty\.shadow, and INSECURE is not "true"\./,
	);
	await console.prints(/login: $/);
	console.type('root\r');
	await console.prints(/Password: $/);
	console.type('\r');
	await t.notThrowsAsync(console.prints(/Login incorrect/));
});

test('getty: INSECURE=true gives a root shell without a question', async (t) => {
	const console = await openConsole(t, 'secret', { INSECURE: 'true' });
	await console.prints(/ is a Slipway system/);
	console.type('echo "$USER:$(id -u):$CONTAINERD_NAMESPACE"\r');
	await t.notThrowsAsync(console.prints(/root:0:services\.linuxkit/));
});

test('getty: Ctrl-C and Ctrl-\\ end what runs on the console, and the shell goes on', async (t) => {
	const console = await openConsole(t, null, { INSECURE: 'true' });
	for (const [key, status] of [
		['\x03', 130],
		['\x1c', 131],
	] as const) {
		await console.prints(/# $/);
		console.type('echo run""ning; sleep 1000\r');
		await console.prints(/running/);
		console.type(key);
		await console.prints(/# $/);
		console.type('echo "code=$?"\r');
		await t.notThrowsAsync(console.prints(new RegExp(`code=${status}`)));
	}
});

test('getty: the history is there after the next login, and a killed shell has lost none of it', async (t) => {
	const console = await openConsole(t, null, { INSECURE: 'true' });
	await console.prints(/# $/);
	console.type(': first""line\r');
	await console.prints(/# $/);
	console.type('kill -9 $$\r');
	await console.prints(/ is a Slipway system[\s\S]*# $/);
	console.type('history\r');
	await t.notThrowsAsync(console.prints(/\d+ {2}: first""line/));
});

test('getty: the words of the kernel are split as the kernel splits them: only the real console has a login', async (t) => {
	const console = await openConsole(t, null, { INSECURE: 'true' });
	await console.prints(/# $/);
	console.type('echo $(ps -o args | grep -o "keep-gett[y] tty.*"); echo en""d\r');
	await t.notThrowsAsync(console.prints(/\nkeep-getty ttyS9 115200\r\nend/));
});

test('getty: systemctl, journalctl and docker name the command that does the same here', async (t) => {
	const console = await openConsole(t, null, { INSECURE: 'true' });
	for (const [typed, answer] of [
		['systemctl restart redis.service', /Here it is: service restart redis\r/],
		['systemctl', /Here it is: service list --all\r/],
		['journalctl -fu redis', /Here it is: service logs -f redis\r/],
		['docker exec -it redis redis-cli ping', /Here it is: service exec redis -- redis-cli ping\r/],
		['docker ps -a', /Here it is: service list --all\r/],
		['docker run -it alpine sh', /Here it is: service run IMAGE\.tar -- COMMAND \(/],
		['docker stats', /Here it is: service stats\r/],
	] as const) {
		await console.prints(/# $/);
		console.type(`${typed}\r`);
		await t.notThrowsAsync(console.prints(answer));
	}
});
