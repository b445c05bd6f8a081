// Replaces an npm package that is left out of an executable: a class (in CommonJS, as those packages are) without
// instances, whose constructor throws.

module.exports = class AbsentPackage {
	constructor() {
		throw new Error('This executable was built without an npm package that it needs.');
	}
};
