/** Sound files that are often sent where a WAV is wanted, known by how they begin. */

/** What each begins with; `.` stands for any byte. */
const BEGINNINGS: readonly (readonly [string, RegExp])[] = [
  ['a FLAC file', /^fLaC/],
  ['an Ogg file', /^OggS/],
  ['an MP3 file', /^(ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb])/],
  ['an AAC file', /^\xff[\xf0\xf1\xf8\xf9]/],
  ['a WebM or Matroska file', /^.E\xdf\xa3/s],
  ['an MP4 or M4A file', /^....ftyp/s],
  ['an AIFF file', /^FORM/],
  ['an AMR file', /^#!AMR/],
  ['a CAF file', /^caff/],
];

/**
 * Names the format of a file.
 *
 * @param beginning - its first bytes; 12 are enough
 */
export function otherFormat(beginning: Uint8Array): string | undefined {
  const text = String.fromCharCode(...beginning);
  return BEGINNINGS.find(([, pattern]) => pattern.test(text))?.[0];
}
