// Evaluates the calculated items of a Questionnaire on forms, with HL7's FHIRPath engine.
// Standard input: {questionnaire, forms}, a form being the option chosen for every item,
// by linkId. An item whose enableWhen does not hold is left out of the response, as a
// program that shows forms would. Standard output: for every form the value of every
// calculated item, by linkId; null where the expression is empty.
import { readFileSync } from 'node:fs';
import fhirpath from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4/index.js';

const calculated = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression';
const { questionnaire, forms } = JSON.parse(readFileSync(0, 'utf8'));

const expressionOf = (item) => item.extension?.find((e) => e.url === calculated)?.valueExpression;
const expressions = questionnaire.item.filter(expressionOf).map((item) => ({
  linkId: item.linkId,
  evaluate: fhirpath.compile(expressionOf(item).expression, r4),
}));

function holds(condition, answered) {
  const answer = answered.get(condition.question);
  if (condition.operator === 'exists') {
    return (answer !== undefined) === condition.answerBoolean;
  }
  if (condition.operator !== '=') {
    throw new Error(`operator ${condition.operator} is not expected`);
  }
  return answer?.code === condition.answerCoding.code;
}

function respond(form) {
  const answered = new Map();
  for (const item of questionnaire.item) {
    const asked = !item.enableWhen || item.enableWhen.some((condition) => holds(condition, answered));
    if (item.type === 'choice' && asked) {
      answered.set(item.linkId, item.answerOption.find((o) => o.valueCoding.code === String(form[item.linkId])).valueCoding);
    }
  }
  return {
    resourceType: 'QuestionnaireResponse',
    status: 'completed',
    questionnaire: questionnaire.url,
    item: [...answered].map(([linkId, valueCoding]) => ({ linkId, answer: [{ valueCoding }] })),
  };
}

const results = forms.map((form) => {
  const resource = respond(form);
  return Object.fromEntries(expressions.map(({ linkId, evaluate }) => {
    const value = evaluate(resource, { resource });
    if (value.length > 1) throw new Error(`${linkId} has ${value.length} values`);
    return [linkId, value[0] ?? null];
  }));
});
process.stdout.write(JSON.stringify(results));
