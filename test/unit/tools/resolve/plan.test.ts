import test, { type ExecutionContext } from 'ava';
import { loadConfig } from '../../../../tools/config/load-config.ts';
import { SlipwayError } from '../../../../tools/errors.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { imageSource, type PullPolicy } from '../../../../tools/resolve/image-source.ts';
import type { TrustRule } from '../../../../tools/resolve/image-trust.ts';
import { offlinePlan } from '../../../helpers/plan.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { putTestImage } from '../../../helpers/tar.ts';

const config = (text: string) => loadConfig([{ name: 'a.yml', text }]);

async function makeStore(t: ExecutionContext) {
	const store = openImageStore(scratchFolder(t));
	await putTestImage(store, 'one:v1', [{ name: 'app', body: 'one' }]);
	await putTestImage(store, 'two:v1', [{ name: 'app', body: 'two' }]);
	return store;
}

/** A source whose pulls put an image there, or fail for names with "gone". */
async function pulling(t: ExecutionContext, policy: PullPolicy) {
	const store = await makeStore(t);
	const pulls: string[] = [];
	const source = imageSource(store, policy, async (reference) => {
		pulls.push(reference);
		if (reference.includes('gone')) throw new SlipwayError('DENIED', `${reference} can't be pulled.`);
		return await putTestImage(store, reference, [{ name: 'app', body: 'pulled' }]);
	});
	return { store, source, pulls };
}

test('makePlan() pulls what the store lacks, once', async (t) => {
	const { store, source, pulls } = await pulling(t, 'missing');
	const plan = await offlinePlan(
		config('init: [one:v1, new:v1]\nservices: [{name: s, image: "new:v1"}]'),
		store,
		{
			source,
		},
	);
	t.deepEqual(pulls, ['docker.io/library/new:v1']);
	t.deepEqual([...plan.images.keys()], ['one:v1', 'new:v1']);
	t.is(plan.lock.get('docker.io/library/new:v1'), plan.images.get('new:v1')?.manifest.digest);
});

test('makePlan() pulls every image once with the policy "always"', async (t) => {
	const { store, source, pulls } = await pulling(t, 'always');
	await offlinePlan(config('init: [one:v1, one:v1, two:v1]'), store, { source });
	t.deepEqual(pulls, ['docker.io/library/one:v1', 'docker.io/library/two:v1']);
});

test('makePlan() pulls nothing with the policy "never"', async (t) => {
	const { store, source, pulls } = await pulling(t, 'never');
	await t.throwsAsync(offlinePlan(config('init: [one:v1, new:v1]'), store, { source }), {
		code: 'NO_IMAGE',
		message: /^a\.yml:1:16: the image new:v1 is not in the store\.\nBuild it with/,
	});
	t.deepEqual(pulls, []);
});

test('makePlan() says where the images slipway/… come from', async (t) => {
	const { store, source } = await pulling(t, 'never');
	await t.throwsAsync(offlinePlan(config('init: [one:v1, "slipway/init:v1"]'), store, { source }), {
		message:
			/slipway\/init:v1 is not in the store\.\nBuild it with .*\nThe images slipway\/… come with the Debian package/,
	});
	await t.throwsAsync(offlinePlan(config('init: [one:v1, new:v1]'), store, { source }), {
		message: /^(?![\s\S]*Debian package)/,
	});
});

test('makePlan() waits for one failed pull, and names all missing images', async (t) => {
	const { store, source, pulls } = await pulling(t, 'missing');
	const text = 'init:\n  - gone:v1\n  - gone:v2\n  - one:v1\n  - new:v1\n';
	const error = await t.throwsAsync(offlinePlan(config(text), store, { source }), { code: 'DENIED' });
	t.deepEqual(error.message.split('\n').slice(0, 3), [
		"a.yml:2:5: docker.io/library/gone:v1 can't be pulled. Did you mean one:v1?",
		'a.yml:3:5: the image gone:v2 is not in the store. Did you mean one:v1?',
		'a.yml:5:5: the image new:v1 is not in the store.',
	]);
	t.deepEqual(pulls, ['docker.io/library/gone:v1']);
});

test('makePlan() uses the locked digest after the tag has changed', async (t) => {
	const store = await makeStore(t);
	const text = config('init: [one:v1]');
	const before = await offlinePlan(text, store);
	await store.tag('kept:v1', (await store.resolve('one:v1')) ?? t.fail());
	await putTestImage(store, 'one:v1', [{ name: 'app', body: 'newer' }]);
	const digestOf = async (lock: ReadonlyMap<string, string> | null) =>
		(await offlinePlan(text, store, { lock })).images.get('one:v1')?.manifest.digest;
	t.is(await digestOf(before.lock), before.images.get('one:v1')?.manifest.digest);
	t.not(await digestOf(null), before.images.get('one:v1')?.manifest.digest);
	t.is(before.lock.get('docker.io/library/one:v1'), before.images.get('one:v1')?.manifest.digest);
});

const wantsDigests: TrustRule = { askedBy: '--require-digest', names: null, keyFiles: [] };

test('makePlan() refuses images without a digest, all of them, before anything is pulled', async (t) => {
	const { store, source, pulls } = await pulling(t, 'missing');
	const one = await store.resolve('one:v1');
	const text = `init:\n  - one:v1\n  - new:v1\n  - one@${one?.digest}\n`;
	const error = await t.throwsAsync(offlinePlan(config(text), store, { source, rules: [wantsDigests] }), {
		code: 'NOT_PINNED',
	});
	const lines = error.message.split('\n');
	t.is(lines.length, 2);
	t.regex(
		lines[0] ?? '',
		/^a\.yml:2:5: the image one:v1 is not pinned by digest, which --require-digest asks for/,
	);
	t.true(lines[0]?.includes(`one:v1@${one?.digest}`));
	t.regex(lines[1] ?? '', /^a\.yml:3:5: .*new:v1@sha256:… or keep it in a lock file/);
	t.deepEqual(pulls, []);
	const lockingCommand = 'slipway build --write-lock a.yml';
	await t.throwsAsync(offlinePlan(config(text), store, { source, rules: [wantsDigests], lockingCommand }), {
		message: /lock the digests of all images:\n {2}slipway build --write-lock a\.yml$/,
	});
});

test('makePlan() accepts a lock, or the writing of one, in place of digests', async (t) => {
	const store = await makeStore(t);
	const text = config('init: [one:v1, two:v1]');
	const { lock } = await offlinePlan(text, store, { rules: [wantsDigests], willLock: true });
	t.is(lock.size, 2);
	await t.notThrowsAsync(offlinePlan(text, store, { rules: [wantsDigests], lock }));
	const half = new Map([...lock].slice(0, 1));
	await t.throwsAsync(offlinePlan(text, store, { rules: [wantsDigests], lock: half }), { message: /two:v1/ });
});

test('makePlan() verifies the images of a rule with keys', async (t) => {
	const store = await makeStore(t);
	const rules: TrustRule[] = [
		{ askedBy: 'trust', names: { orgs: [], images: ['two'] }, keyFiles: ['a.pub', 'b.pub'] },
	];
	const asked: unknown[] = [];
	const plan = await offlinePlan(config('init: [one:v1, two:v1]'), store, {
		rules,
		verify: async (...args) => void asked.push(args),
	});
	const digest = plan.lock.get('docker.io/library/two:v1');
	t.deepEqual(asked, [['docker.io/library/two:v1', digest, ['a.pub', 'b.pub'], null]]);
	const verify = async (): Promise<void> => {
		throw new SlipwayError('BAD_SIGNATURE', 'It is not signed by that key.');
	};
	await t.throwsAsync(offlinePlan(config('init: [one:v1, two:v1]'), store, { rules, verify }), {
		code: 'BAD_SIGNATURE',
		message: 'a.yml:1:16: It is not signed by that key.',
	});
});
