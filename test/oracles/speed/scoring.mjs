// fhirpath as a contestant: reads the forms, then evaluates the scales of each once for every line it is sent.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import fhirpath from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4/index.js';

const calculated = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression';
const { questionnaire, forms } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const expressions = questionnaire.item
  .map((item) => item.extension?.find((e) => e.url === calculated)?.valueExpression.expression)
  .filter((expression) => expression)
  .map((expression) => fhirpath.compile(expression, r4));
const responses = forms.map((form) => ({
  resourceType: 'QuestionnaireResponse',
  status: 'completed',
  item: Object.entries(form).map(([linkId, value]) => ({ linkId, answer: [{ valueCoding: { code: String(value) } }] })),
}));

console.log('ready');
for await (const _ of createInterface({ input: process.stdin })) {
  const begin = performance.now();
  let sum = 0;
  for (const resource of responses) {
    for (const evaluate of expressions) sum += evaluate(resource, { resource })[0];
  }
  console.log(JSON.stringify({ seconds: (performance.now() - begin) / 1000, rows: responses.length, sum, missing: 0 }));
}
