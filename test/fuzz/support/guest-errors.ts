// Errors by which the guest's parsers refuse an input.

import { UsageError } from '../../../supervisor/cli/command.ts';
import { ShapeError } from '../../../supervisor/contract/json-shape.ts';

export function isShapeOrUsage(error: unknown): boolean {
	return error instanceof ShapeError || error instanceof UsageError;
}
