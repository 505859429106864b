"""Recognising files, and scoring, aligning, exporting and combining recognizers: the steps of commands that use them.

Read `recognize_files` first. It finds inputs (`inputs`), opens the output folder (`output_dir`), recognises with
`recognizers.inference`, and writes a `FileResult` (`file_result`) in several formats (`formats`, `sign_pictures`) or a
failure for each input. The output folder is designed so that a command can be killed at any moment and repeated: each
result is a line that is appended in one piece, with a key of its content, model and settings.

`evaluate_corpus`, `align_corpus`, `probe_recognizer`, `compare_runs`, `export_onnx`, `bundle_ensemble` and
`generate_clips` are the steps of other commands; `decoder_setup` chooses the decoder, and `chosen_models` the
recognizer or the members of an ensemble. Shards of one call share an output folder: `evaluate_shards`, and
`pipelines.scaling`.
"""
