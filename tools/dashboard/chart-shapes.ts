// What a chart consists of, for the page and for an SVG document.

/** The classes have their colours in chart-svg.ts and in the page's style sheet. */
export type ShapeClass =
	| 'kernel'
	| 'stage'
	| 'onboot'
	| 'waiting'
	| 'starting'
	| 'running'
	| 'ready'
	| 'failed'
	| 'grid'
	| 'arrow'
	| 'text'
	| 'faint'
	| 'mark';

export type Shape =
	| {
			readonly kind: 'rect';
			readonly class: ShapeClass;
			readonly x: number;
			readonly y: number;
			readonly width: number;
			readonly height: number;
			readonly title: string;
	  }
	| {
			readonly kind: 'line';
			readonly class: ShapeClass;
			readonly points: readonly (readonly [number, number])[];
	  }
	| {
			readonly kind: 'text';
			readonly class: ShapeClass;
			readonly x: number;
			readonly y: number;
			readonly anchor: 'start' | 'end' | 'middle';
			readonly text: string;
	  };

export interface Chart {
	readonly width: number;
	readonly height: number;
	readonly shapes: readonly Shape[];
}
