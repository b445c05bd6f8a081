import test from 'ava';
import type { TreeFile } from '../../../../tools/explain/contents.ts';
import { treemapSvg } from '../../../../tools/explain/treemap.ts';

function file(path: string, sizeBytes: number): TreeFile {
	return { path, kind: 'file', mode: 0o644, uid: 0, gid: 0, sizeBytes, value: '', text: null, owner: null };
}

/** Returns the area of the rectangle whose title begins with `name`. */
function areaOf(svg: string, name: string): number {
	const title = `<title>${name}: `;
	const line = svg.split('\n').find((each) => each.startsWith('<rect') && each.includes(title)) ?? '';
	const [width = 0, height = 0] = ['width', 'height'].map((key) =>
		Number(new RegExp(` ${key}="([\\d.]+)"`).exec(line)?.[1]),
	);
	return width * height;
}

test('treemapSvg() draws areas in the proportion of sizes', (t) => {
	const svg = treemapSvg('os', [
		{
			name: 'a:v1',
			isImage: true,
			packages: new Map(),
			files: [file('bin/large', 3_000_000), file('bin/small', 1_000_000)],
		},
		{ name: 'b:v1', isImage: true, packages: new Map(), files: [file('x', 4_000_000)] },
	]);
	const ratio = areaOf(svg, 'a:v1') / areaOf(svg, 'b:v1');
	t.true(ratio > 0.95 && ratio < 1.05, String(ratio));
	const inner = areaOf(svg, 'bin/large') / areaOf(svg, 'bin/small');
	t.true(inner > 2.7 && inner < 3.3, String(inner));
});

test('treemapSvg() keeps a hostile name text', (t) => {
	const svg = treemapSvg('<b>&"', [
		{
			name: '"><script>alert(1)</script>',
			isImage: true,
			packages: new Map(),
			files: [file('a/<img src=x onerror=alert(1)>\u0000\u202e', 5000)],
		},
	]);
	t.false(/<script|<img|<b>/.test(svg));
	t.false(svg.includes('\u0000') || svg.includes('\u202e'));
	t.true(svg.includes('&lt;script&gt;'));
});

test('treemapSvg() of a system without files is a document', (t) => {
	t.regex(treemapSvg('os', []), /^<svg [^>]+>[\s\S]*<\/svg>\n$/);
});
