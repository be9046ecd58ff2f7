/** What kustomize makes of the overlays, as data. */

import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

import { programOf } from '../helpers/parts.ts';
import { PROJECT_DIRECTORY } from '../helpers/test-server.ts';

const OVERLAYS_FOLDER = join(PROJECT_DIRECTORY, 'deploy', 'k8s', 'overlays');

/** All of them. */
export const OVERLAYS = readdirSync(OVERLAYS_FOLDER);

const LabelsSchema = z.record(z.string(), z.string());

const KeyReferenceSchema = z.object({ name: z.string(), key: z.string(), optional: z.boolean().optional() });

const ContainerSchema = z.looseObject({
  name: z.string(),
  image: z.string(),
  imagePullPolicy: z.string().optional(),
  args: z.array(z.string()).optional(),
  ports: z.array(z.object({ name: z.string(), containerPort: z.int() })).default([]),
  env: z
    .array(
      z.object({
        name: z.string(),
        value: z.string().optional(),
        valueFrom: z
          .object({
            secretKeyRef: KeyReferenceSchema.optional(),
            configMapKeyRef: KeyReferenceSchema.optional(),
            fieldRef: z.object({ fieldPath: z.string() }).optional(),
          })
          .optional(),
      }),
    )
    .default([]),
  resources: z.object({ requests: LabelsSchema, limits: LabelsSchema }),
  securityContext: z.looseObject({}),
  lifecycle: z.object({ preStop: z.object({ sleep: z.object({ seconds: z.int() }) }) }).optional(),
});

const PodSpecSchema = z.looseObject({
  serviceAccountName: z.string(),
  terminationGracePeriodSeconds: z.int().optional(),
  securityContext: z.looseObject({}),
  containers: z.array(ContainerSchema),
  volumes: z.array(z.looseObject({ name: z.string() })).default([]),
});

const PodTemplateSchema = z.object({ metadata: z.object({ labels: LabelsSchema }), spec: PodSpecSchema });

const ResourceSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional(), labels: LabelsSchema.optional() }),
});

export type Resource = z.infer<typeof ResourceSchema>;
export type PodTemplate = z.infer<typeof PodTemplateSchema>;
export type Container = z.infer<typeof ContainerSchema>;

/** The YAML of an overlay. */
export function buildOverlay(overlay: string): string {
  return execFileSync(programOf('kustomize'), ['build', join(OVERLAYS_FOLDER, overlay)], { encoding: 'utf8' });
}

/** All that an overlay puts into a cluster. */
export function resourcesOf(overlay: string): Resource[] {
  return parseAllDocuments(buildOverlay(overlay)).map((document) => ResourceSchema.parse(document.toJS()));
}

/** The pods that a resource makes, if it makes any. */
export function podsOf(resource: Resource): PodTemplate | undefined {
  const template = z.object({ template: z.unknown() });
  const schema = { Deployment: template, StatefulSet: template, CronJob: z.object({ jobTemplate: z.object({ spec: template }) }) };
  switch (resource.kind) {
    case 'Deployment':
    case 'StatefulSet':
      return PodTemplateSchema.parse(schema.Deployment.parse(resource['spec']).template);
    case 'CronJob':
      return PodTemplateSchema.parse(schema.CronJob.parse(resource['spec']).jobTemplate.spec.template);
    default:
      return undefined;
  }
}

/** One resource, which must be there. */
export function find(resources: readonly Resource[], kind: string, name: string): Resource {
  const found = resources.find((resource) => resource.kind === kind && resource.metadata.name === name);
  if (!found) throw new Error(`there is no ${kind} ${name}`);
  return found;
}
