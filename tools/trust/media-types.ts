// Names that cosign gives its things in a registry (its `specs/SIGNATURE_SPEC.md` and `specs/BUNDLE_SPEC.md`).

export const simpleSigningType = 'application/vnd.dev.cosign.simplesigning.v1+json';
/** On a layer of the kind above: the signature in base64. */
export const signatureAnnotation = 'dev.cosignproject.cosign/signature';
/** Of the referrers that cosign 2 makes with `--registry-referrers-mode=oci-1-1`. */
export const signatureArtifactType = 'application/vnd.dev.cosign.artifact.sig.v1+json';
/** What cosign 3 makes: a referrer whose one layer is a Sigstore bundle. */
export const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
/** On a referrer: what the statement in its bundle says. */
export const predicateAnnotation = 'dev.sigstore.bundle.predicateType';
/** What the statement of `cosign sign` says; others are attestations. */
export const signPredicate = 'https://sigstore.dev/cosign/sign/v1';
