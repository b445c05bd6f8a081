import test from 'ava';
import { serveCommand } from '../../../../tools/commands/serve.ts';
import type { Machine } from '../../../../tools/serve/machines.ts';
import { eventText } from '../../../../tools/serve/serve-event.ts';
import { reportServed } from '../../../../tools/serve/served-systems.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { servePlace, webSystem } from './place.ts';

const machine = (system: string | null): Machine => ({
	name: 'm',
	mac: null,
	uuid: null,
	system,
	append: '',
	hostname: null,
	userData: null,
});

test('reportServed() says which systems are there, and which of the machines are not yet', async (t) => {
	const files = { ...webSystem, 'db-kernel': '', 'disk.efi': '', 'ipxe.efi': '', 'rack/a-kernel': '' };
	const machines = [machine('rack/a'), machine('rack/b'), machine(null)];
	const { settings, events, folder } = await servePlace(t, files, { machines, system: 'web' });
	await reportServed(settings, [folder]);
	const [served, ...others] = events;
	t.deepEqual(others, []);
	t.deepEqual(served, {
		event: 'serving',
		directories: [folder],
		systems: ['web', 'disk.efi', 'rack/a'],
		absent: ['rack/b'],
	});
	t.is(
		served === undefined ? '' : eventText(served),
		`Serves web, disk.efi, rack/a of ${folder}; rack/b is not there yet`,
	);
});

test('reportServed() refuses directories from which nothing boots, and a system that is not there', async (t) => {
	const empty = await servePlace(t, { 'web-kernel': '', 'ipxe.efi': '', 'web.yml': '' });
	await t.throwsAsync(reportServed(empty.settings, [empty.folder]), {
		message: `${empty.folder}: there is no system to boot, neither NAME-kernel with NAME-initrd.img nor NAME.efi. Build one there: slipway build --dir ${empty.folder} FILE.yml; or name its directory: slipway serve DIR`,
	});
	const { settings, folder } = await servePlace(t, webSystem, { system: 'wbe' });
	await t.throwsAsync(reportServed(settings, [folder]), {
		message: '--system wbe: it is not among the systems that are served: web.',
	});
});

test('slipway serve listens nowhere when nothing boots', async (t) => {
	const said: string[] = [];
	const sink = { write: (text: string) => said.push(text) } as unknown as NodeJS.WritableStream;
	await t.throwsAsync(
		serveCommand.run(['--port', '127.0.0.1:0', scratchFolder(t)], { out: sink, err: sink }),
		{
			message: /there is no system to boot/,
		},
	);
	await t.throwsAsync(serveCommand.run(['/nowhere'], { out: sink, err: sink }), {
		message: "/nowhere: the directory can't be read: no such file or directory.",
	});
	t.deepEqual(said, []);
});
