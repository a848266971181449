"""ai.generate: a model's answer to a prompt, as text or as JSON of a given form."""

from sluice_core.catalog import CATALOG
from sluice_core.catalog.ai import GenerateParams
from sluice_runner.actions import completions
from sluice_runner.actions.action import Action, Context, Done
from sluice_runner.actions.conversation import Conversation, Question, settings_of
from sluice_runner.actions.model_call import endpoint


async def run(params: GenerateParams, ctx: Context) -> Done:
    """Ask, and give `{text}`, or `{json}` where there is a schema."""
    where = endpoint(ctx)
    question = Question(
        messages=tuple(_messages(params)),
        settings=settings_of(params, ctx, where.credential.model),
        schema=params.schema_,
        tools=ctx.tools,
        tool_rounds=params.max_tool_rounds,
    )
    answer = await Conversation(question, where).answer()
    field = "text" if params.schema_ is None else "json"
    return Done(output={field: answer.value}, result=answer.result)


def _messages(params: GenerateParams) -> list[completions.Message]:
    if params.prompt is not None:
        return [completions.user(params.prompt)]
    return [completions.written(message) for message in params.messages or ()]


ACTION = Action(CATALOG["ai.generate"], run)
