// The media types and annotations of cosign (its `specs/SIGNATURE_SPEC.md` and `specs/BUNDLE_SPEC.md`).

export const simpleSigningType = 'application/vnd.dev.cosign.simplesigning.v1+json';
/** An annotation of a layer of this type, with the signature in base64. */
export const signatureAnnotation = 'dev.cosignproject.cosign/signature';
/** The type of the referrers that cosign 2 writes with `--registry-referrers-mode=oci-1-1`. */
export const signatureArtifactType = 'application/vnd.dev.cosign.artifact.sig.v1+json';
/** The type of cosign 3: a referrer whose one layer is a Sigstore bundle. */
export const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
/** An annotation of a referrer, with the predicate of the statement in its bundle. */
export const predicateAnnotation = 'dev.sigstore.bundle.predicateType';
/** The predicate of `cosign sign`. Other predicates are attestations. */
export const signPredicate = 'https://sigstore.dev/cosign/sign/v1';
