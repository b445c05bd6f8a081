// A treemap: each file as a rectangle whose area is its size, inside its directory and image. The layout is "squarified"
// (Bruls, Huizing, van Wijk, 2000): rectangles as near to squares as the order by size allows.

import { xmlText } from '../../native/text/xml-text.ts';
import { formatSize } from '../terminal/format-size.ts';
import type { TreePart } from './contents.ts';
import { mergedParts, shortName } from './sizes.ts';

interface Box {
	readonly x: number;
	readonly y: number;
	readonly width: number;
	readonly height: number;
}

interface Item {
	readonly name: string;
	readonly bytes: number;
	readonly children: readonly Item[];
}

const size = { width: 1200, height: 760 } as const;
const headPixels = 46;
const titlePixels = 16;
/** A smaller rectangle is not drawn on its own: nobody can see it. */
const minPixels = 3;

/** Returns an SVG document without scripts or references. */
export function treemapSvg(name: string, parts: readonly TreePart[]): string {
	const items = mergedParts(parts)
		.map(({ name: part, files }) => itemOf(part, files))
		.filter(({ bytes }) => bytes > 0)
		.toSorted(bySize);
	const total = items.reduce((sum, { bytes }) => sum + bytes, 0);
	const area = { x: 8, y: headPixels, width: size.width - 16, height: size.height - headPixels - 8 };
	const drawn = placed(items, area).map(({ item, box }, index) => drawPart(item, box, hueOf(index)));
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" font-family="system-ui, 'DejaVu Sans', sans-serif">`,
		`<title>${xmlText(`${name}: what is in it`)}</title>`,
		`<rect width="${size.width}" height="${size.height}" fill="#fff"/>`,
		`<text x="10" y="30" font-size="20" fill="#1f2937"><tspan font-weight="600">${xmlText(name)}</tspan><tspan fill="#6b7280" font-size="15" dx="10">${formatSize(total)} unpacked; an area is a size</tspan></text>`,
		...drawn,
		'</svg>',
		'',
	].join('\n');
}

/** Deeper directories are too small to be seen; their names become part of the file's. */
const maxDepth = 60;

/** Groups files by their directories; a chain of single directories is one item. */
function itemOf(name: string, files: TreePart['files']): Item {
	interface Folder {
		bytes: number;
		readonly folders: Map<string, Folder>;
		readonly files: Item[];
	}
	const newFolder = (): Folder => ({ bytes: 0, folders: new Map(), files: [] });
	const root = newFolder();
	for (const { path, sizeBytes } of files) {
		if (sizeBytes === 0) continue;
		const words = path.split('/');
		const last = words.splice(Math.min(words.length - 1, maxDepth)).join('/');
		let here = root;
		here.bytes += sizeBytes;
		for (const word of words) {
			const next = here.folders.get(word) ?? newFolder();
			here.folders.set(word, next);
			next.bytes += sizeBytes;
			here = next;
		}
		here.files.push({ name: last, bytes: sizeBytes, children: [] });
	}
	const finish = (own: string, folder: Folder): Item => {
		const [only, ...others] = folder.folders;
		if (own !== '' && only !== undefined && others.length === 0 && folder.files.length === 0)
			return finish(`${own}/${only[0]}`, only[1]);
		const children = [...[...folder.folders].map(([word, each]) => finish(word, each)), ...folder.files];
		return { name: own, bytes: folder.bytes, children: children.toSorted(bySize) };
	};
	const { bytes, children } = finish('', root);
	return { name, bytes, children };
}

function bySize(a: Item, b: Item): number {
	return b.bytes - a.bytes || (a.name < b.name ? -1 : 1);
}

/** Places items, which are sorted by size, row after row along the shorter side. */
function placed(items: readonly Item[], area: Box): { readonly item: Item; readonly box: Box }[] {
	const result: { item: Item; box: Box }[] = [];
	let rest = area;
	let left = items.reduce((sum, { bytes }) => sum + bytes, 0);
	for (let start = 0; start < items.length && rest.width > 0 && rest.height > 0; ) {
		const scale = (rest.width * rest.height) / left;
		const side = Math.min(rest.width, rest.height);
		let end = start;
		let sum = 0;
		let worst = Number.POSITIVE_INFINITY;
		for (; end < items.length; end++) {
			const next = sum + (items[end]?.bytes ?? 0);
			const ratio = worstRatio(items[start]?.bytes ?? 0, items[end]?.bytes ?? 0, next, scale, side);
			if (ratio > worst) break;
			[worst, sum] = [ratio, next];
		}
		const depth = (sum * scale) / side;
		const isColumn = rest.width >= rest.height;
		let along = isColumn ? rest.y : rest.x;
		for (const item of items.slice(start, end)) {
			const length = (item.bytes * scale) / depth;
			result.push({
				item,
				box: isColumn
					? { x: rest.x, y: along, width: depth, height: length }
					: { x: along, y: rest.y, width: length, height: depth },
			});
			along += length;
		}
		rest = isColumn
			? { ...rest, x: rest.x + depth, width: rest.width - depth }
			: { ...rest, y: rest.y + depth, height: rest.height - depth };
		left -= sum;
		start = end;
	}
	return result;
}

/** Returns how far the longest rectangle of a row is from a square; 1 is a square. */
function worstRatio(largest: number, smallest: number, sum: number, scale: number, side: number): number {
	const depth = (sum * scale) / side;
	const ratio = (bytes: number): number => {
		const length = (bytes * scale) / depth;
		return Math.max(length / depth, depth / length);
	};
	return Math.max(ratio(largest), ratio(smallest));
}

/** Neighbours get colours far apart: the golden angle. */
function hueOf(index: number): number {
	return Math.round((210 + index * 137.5) % 360);
}

function drawPart(part: Item, box: Box, hue: number): string {
	const inner = inside(box, titlePixels);
	return [
		`<g>`,
		rect(box, `hsl(${hue} 45% 40%)`, `${part.name}: ${formatSize(part.bytes)}`),
		label(box, `${shortName(part.name)}  ${formatSize(part.bytes)}`, 12, '#fff', 600),
		...placed(part.children, inner).map(({ item, box: place }) => drawItem(item, place, hue, 1, item.name)),
		'</g>',
	].join('\n');
}

function drawItem(item: Item, box: Box, hue: number, depth: number, path: string): string {
	if (box.width < minPixels || box.height < minPixels) return '';
	const told = `${path}: ${formatSize(item.bytes)}`;
	const isFile = item.children.length === 0;
	const light = isFile ? 86 : Math.min(58 + depth * 6, 80);
	const own = rect(box, `hsl(${hue} ${isFile ? 60 : 40}% ${light}%)`, told);
	const hasTitle = !isFile && box.width > 40 && box.height > 34;
	const text =
		isFile || hasTitle ? label(box, item.name, isFile ? 11 : 10, '#1f2937', isFile ? 400 : 600) : '';
	const sizeText =
		isFile && box.height > 34 && box.width > 60
			? label({ ...box, y: box.y + 14 }, formatSize(item.bytes), 10, '#4b5563', 400)
			: '';
	const inner = inside(box, hasTitle ? 13 : 1);
	const children = placed(item.children, inner).map(({ item: child, box: place }) =>
		drawItem(child, place, hue, depth + 1, `${path}/${child.name}`),
	);
	return [own, text, sizeText, ...children].filter((line) => line !== '').join('\n');
}

function inside({ x, y, width, height }: Box, top: number): Box {
	return { x: x + 1.5, y: y + top, width: Math.max(width - 3, 0), height: Math.max(height - top - 1.5, 0) };
}

function rect({ x, y, width, height }: Box, fill: string, title: string): string {
	const [w, h] = [Math.max(width - 0.75, 0.1), Math.max(height - 0.75, 0.1)];
	return `<rect x="${fixed(x)}" y="${fixed(y)}" width="${fixed(w)}" height="${fixed(h)}" rx="1.5" fill="${fill}"><title>${xmlText(title)}</title></rect>`;
}

/** Returns the text, cut to the width of the box; nothing where no letters fit. */
function label(
	{ x, y, width, height }: Box,
	text: string,
	pixels: number,
	fill: string,
	weight: number,
): string {
	const letters = Math.floor((width - 8) / (pixels * 0.6));
	if (letters < 4 || height < pixels + 3) return '';
	const shown = text.length <= letters ? text : `${text.slice(0, letters - 1)}…`;
	return `<text x="${fixed(x + 4)}" y="${fixed(y + pixels + 1)}" font-size="${pixels}" font-weight="${weight}" fill="${fill}" pointer-events="none">${xmlText(shown)}</text>`;
}

function fixed(value: number): string {
	return String(Math.round(value * 100) / 100);
}
