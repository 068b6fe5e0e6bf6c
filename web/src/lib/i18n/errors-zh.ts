/** The catalogue of errors in Chinese; the English of it comes with every error. A test holds the codes and their placeholders to the catalogue. */
export const errorsZh: Readonly<Record<string, string>> = {
  REQUEST_INVALID: '请求的格式不正确：{issues}。',
  REQUEST_TOO_LARGE: '请求超过了 {limit}，请缩短后再发送。',
  REQUEST_RATE_LIMITED: '请求过于频繁，请在 {seconds} 秒后重试。',
  REQUEST_ORIGIN_REFUSED: '不接受来自 {origin} 的请求。',
  RESOURCE_NOT_FOUND: '这里没有该编号的 {resource}。',
  SERVER_FAULT: '服务器出错，日志中的请求编号为 {requestId}。',
  SERVER_UNAVAILABLE: '{part} 目前不可用，请稍后重试。',
  CONFIG_INVALID: '设置无法使用：{issues}。',
  ENGINE_LIBRARIES_MISSING:
    '找不到 llama.cpp 的库（{wanted}，{platform}）；请运行 npm install，或设置 ATTUNE_LLAMA_DIR 或 ATTUNE_GPU。',
  ENGINE_LAYOUT_CHANGED:
    'llama.cpp 的 {what} 与预期不符（实际为 {came}，应为 {expected}）；请使用 Attune 固定的 node-llama-cpp 版本。',
  ENGINE_DEVICE_MISSING: '本机没有可用的 {device} 设备；请用 ATTUNE_GPU 选择其他设备。',
  ENGINE_OUT_OF_MEMORY:
    '{what} 需要 {neededMb} MB，而 {device} 无法提供；请使用更短或更少的数据，或更小的模型。',
  ENGINE_COMPUTE_FAILED: 'ggml 无法在 {device} 上完成计算（状态 {status}）。',
  GGUF_MISSING: '没有可读取的文件 {path}。',
  GGUF_INVALID: '{path} 不是完整的 GGUF 文件：{reason}；请重新获取。',
  GGUF_WRITE_FAILED: '无法写入 {path}：{reason}。',
  MODEL_ARCHITECTURE_UNSUPPORTED: '此处无法训练 {architecture} 架构的模型；支持的有 {supported}。',
  MODEL_TENSOR_INVALID: '{path} 的张量 {tensor} 为 {came}，应为 {expected}；文件与其架构不符。',
  MODEL_METADATA_MISSING: '{path} 缺少其架构所需的元数据 {key}。',
  MODEL_WEIGHTS_NOT_FINITE: '{path} 的张量 {tensor} 含有 NaN 或无穷大；请重新获取模型。',
  ADAPTER_MISMATCH: '适配器 {path} 不属于这个基础模型：{reason}。',
  TRAINING_BATCH_INVALID: '无法计算该批次：{reason}。',
  TRAINING_CANCELLED: '计算已取消。',
  TRAINING_STATE_MISMATCH: '检查点不属于这个模型：{reason}。',
  TRAINING_LORA_TARGET_UNKNOWN: '该模型没有线性层 {target}；可用的有 {available}。',
};
