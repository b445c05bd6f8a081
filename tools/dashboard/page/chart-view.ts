// The boot chart as elements.

import type { GuestEventLine } from '../../../supervisor/contract/events.ts';
import { bootChart } from '../boot-chart.ts';
import type { Shape } from '../chart-shapes.ts';
import { pointsOf } from '../chart-svg.ts';
import { svgElement } from './elements.ts';

/** Draws the chart anew in `place`; nothing before the first event. */
export function drawChart(place: Element, events: readonly GuestEventLine[], nowSeconds: number): void {
	if (events.length === 0) {
		place.replaceChildren();
		return;
	}
	const { width, height, shapes } = bootChart(events, nowSeconds);
	const svg = svgElement('svg', { viewBox: `0 0 ${width} ${height}`, class: 'chart', role: 'img' });
	svg.append(...shapes.map(shapeElement));
	place.replaceChildren(svg);
}

function shapeElement(shape: Shape): SVGElement {
	const classes = { class: `${shape.kind}-${shape.class}` };
	switch (shape.kind) {
		case 'rect': {
			const { x, y, width, height } = shape;
			const rect = svgElement('rect', { ...classes, x, y, width, height, rx: 2 });
			const title = svgElement('title', {});
			title.textContent = shape.title;
			rect.append(title);
			return rect;
		}
		case 'line':
			return svgElement('polyline', { ...classes, points: pointsOf(shape.points), fill: 'none' });
		case 'text': {
			const text = svgElement('text', { ...classes, x: shape.x, y: shape.y, 'text-anchor': shape.anchor });
			text.textContent = shape.text;
			return text;
		}
	}
}
