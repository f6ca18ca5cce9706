/**
 * A uid as a platform assigns it that gives each project a range of its own, with group 0. Source: OpenShift, "Support
 * arbitrary user ids" in its guidelines for images. No image has an account or a file of it.
 */
export const ARBITRARY_UID = 1000680000
export const ROOT_GROUP = 0
