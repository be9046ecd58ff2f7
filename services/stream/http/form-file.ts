/** The file of a form (RFC 7578), passed on while the form is still coming in. */

import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { Busboy, type BusboyConfig, type BusboyEvents, type BusboyInstance } from '@fastify/busboy';

import { CodedError } from '#shared/coded-error.ts';

import { HttpError } from './problem.ts';

/** The field that holds it. */
const FILE_FIELD = 'file';
/** What is beside the file is read and forgotten; longer than this it need not be. */
const LIMITS: BusboyConfig['limits'] = { fieldSize: 1024, parts: 100, headerPairs: 50, headerSize: 16 * 1024 };

/**
 * Gives the first file in the field `file`, in pieces. It ends well only if the whole form did.
 *
 * @param body - asked for more only when what it gave was taken
 * @throws {HttpError} `malformed_form`, `missing_file`; and what `body` throws
 */
export async function* fileOfForm(body: AsyncIterable<Uint8Array>, contentType: string): AsyncGenerator<Uint8Array, void, undefined> {
  const parser = createParser(contentType);
  const file = new PassThrough();
  let isFound = false;
  const passOn: BusboyEvents['file'] = (field, part) => {
    part.on('error', (error: Error) => parser.destroy(error));
    if (isFound || field !== FILE_FIELD) return void part.resume();
    isFound = true;
    part.pipe(file, { end: false });
  };
  parser.on('file', passOn);
  pipeline(Readable.from(body, { objectMode: false }), parser).then(
    () => (isFound ? file.end() : file.destroy(missing())),
    (error: unknown) => file.destroy(faultOf(error)),
  );
  try {
    for await (const piece of file) yield piece as Uint8Array;
  } finally {
    parser.destroy(); // also when nobody wants the rest: lets go of the body
  }
}

function createParser(contentType: string): BusboyInstance {
  try {
    return new Busboy({ headers: { 'content-type': contentType }, limits: LIMITS });
  } catch (error) {
    throw malformed(error);
  }
}

/** What the parser says is the form's fault, what the body threw is not. */
function faultOf(error: unknown): Error {
  const isOfBody = error instanceof CodedError || (error instanceof Error && error.name === 'AbortError');
  return isOfBody ? error : malformed(error);
}

function malformed(cause: unknown): HttpError {
  return new HttpError('malformed_form', 'the form cannot be read, or is cut short', { cause });
}

function missing(): HttpError {
  return new HttpError('missing_file', `the form has no file in its field ${JSON.stringify(FILE_FIELD)}`);
}
