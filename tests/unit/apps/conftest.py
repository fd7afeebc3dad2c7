from tests.unit.semantic.conftest import engine, gold, published

__all__ = ["engine", "gold", "published"]
