"""Forecasts: frames, features, models, calibration, backtest, registry and what is written for gold.

Does not belong here: reading operators' files (`extract`), SQL models (`dbt_project`), what runs when (`orchestration`).
"""
