// A plugin of esbuild: modules of Node that most commands never use are loaded at the first use of one of their exports, not at the
// program's start. Each `import` of a bundle is otherwise run at its start, whichever command is called.

import { createRequire } from 'node:module';
import type { Plugin } from 'esbuild';

const namespace = 'lazy-builtin';
const requireBuiltin = createRequire(import.meta.url);

/** @param modules - such as `node:http`. A class that extends one of their exports loads the module at the start nevertheless. */
export function lazyBuiltins(modules: readonly string[]): Plugin {
	return {
		name: namespace,
		setup(build) {
			build.onResolve({ filter: /^node:/ }, ({ path, namespace: from }) => {
				if (!modules.includes(path)) return undefined;
				return from === namespace ? { path, external: true } : { path, namespace };
			});
			build.onLoad({ filter: /./, namespace }, ({ path }) => ({ contents: lazyModule(path), loader: 'js' }));
		},
	};
}

/** Reports whether a name of esbuild's list of inputs stands for such a module. */
export function isLazyBuiltin(input: string): boolean {
	return input.startsWith(`${namespace}:`);
}

function lazyModule(path: string): string {
	const names = JSON.stringify(Object.keys(requireBuiltin(path) as object));
	const loaded = `require(${JSON.stringify(path)})`;
	return (
		`for (const name of ${names}) ` +
		`Object.defineProperty(exports, name, { enumerable: true, get: () => ${loaded}[name] });`
	);
}
