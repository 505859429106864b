"""Recognising files, scoring a recognizer and exporting it: the steps of transcribe, classify, evaluate and export.

Read `recognize_files` first. It finds inputs (`inputs`), opens the output folder (`output_dir`), recognises with
`recognizers.inference`, and writes a `FileResult` (`file_result`) in several formats (`formats`, `sign_pictures`) or a
failure for each input. The output folder is designed so that a command can be killed at any moment and repeated: each
result is a line that is appended in one piece, with a key of its content, model and settings.

`evaluate_corpus`, `export_onnx` and `generate_clips` are the steps of the other commands, and `decoder_setup` chooses
the decoder.
"""
