import { loadConfig } from '../../tools/config/load-config.ts';

/** All that is wrong with a YAML text, as a person would read it; empty: nothing. Its name is `a.yml`. */
export function problemsOf(text: string): string {
	try {
		loadConfig([{ name: 'a.yml', text }]);
		return '';
	} catch (error) {
		return (error as Error).message;
	}
}
