// Stands for an npm package that was left out of an executable: a class (CommonJS, as those packages are) that nothing
// is an instance of and nobody can make one of.

module.exports = class AbsentPackage {
	constructor() {
		throw new Error('An npm package was asked for that was left out of this executable.');
	}
};
