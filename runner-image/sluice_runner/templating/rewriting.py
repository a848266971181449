"""Turn a parsed template into one whose loops, paths, methods and `~` go through the sandbox."""

from jinja2 import nodes
from jinja2.visitor import NodeTransformer


def is_one_expression(tree: nodes.Template) -> bool:
    """True for `{{ … }}` and nothing else: its value keeps its type."""
    match tree.body:
        case [nodes.Output(nodes=[nodes.Expr() as only])]:
            return not isinstance(only, nodes.TemplateData)
    return False


def rewritten(tree: nodes.Template) -> nodes.Template:
    """The tree, changed in place; a lone expression is kept instead of written."""
    typed = is_one_expression(tree)
    _Rewriter().visit(tree)
    if typed:
        [output] = tree.body
        assert isinstance(output, nodes.Output)  # noqa: S101 - for the type checker
        output.nodes = [_call("keep", output.nodes[0])]
    return tree


class _Rewriter(NodeTransformer):
    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - jinja2's spelling
        self.generic_visit(node)
        node.iter = _call("each", node.iter)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _call("joined", *node.nodes)

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802
        if not isinstance(node.node, nodes.Getattr):
            return self.generic_visit(node)
        target = self.visit(node.node.node)
        name = nodes.Const(node.node.attr)
        node.node = nodes.EnvironmentAttribute("method")
        self.generic_visit(node)
        node.args = [target, name, *node.args]
        return node

    def visit_CondExpr(self, node: nodes.CondExpr) -> nodes.Node:  # noqa: N802
        if node.expr2 is None:
            node.expr2 = nodes.Const("")  # as Jinja writes it; strict undefined would refuse it
        return self.generic_visit(node)

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:  # noqa: N802
        return self._path(node)

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802
        if isinstance(node.arg, nodes.Slice):
            return self.generic_visit(node)
        return self._path(node)

    def _path(self, node: nodes.Expr) -> nodes.Node:
        keys: list[nodes.Expr] = []
        while True:
            if isinstance(node, nodes.Getattr):
                keys.append(nodes.Const(node.attr))
            elif isinstance(node, nodes.Getitem) and not isinstance(node.arg, nodes.Slice):
                keys.append(self.visit(node.arg))
            else:
                break
            node = node.node
        label = node.name if isinstance(node, nodes.Name) else "…"
        return _call("follow", self.visit(node), nodes.Const(label), *reversed(keys))


def _call(name: str, *args: nodes.Node) -> nodes.Call:
    callee = nodes.EnvironmentAttribute(name)
    return nodes.Call(callee, list(args), [], None, None, lineno=args[0].lineno)
