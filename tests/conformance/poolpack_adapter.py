"""Adapter of reference_check.py (the conformance folder's runner) to poolpack: one record in, the library's answer out.

The library is asked in its own words: SAME, VALID, ceil rules, "keep" and default strides are left to it, and what it
resolves is compared with the record.  Every refusal that counts comes from the library.
"""
import ctypes

import numpy as np

from poolpack_c import (AUTO, BACKWARD, CONVENTION, DIVISOR, DTYPE, EMPTY, INDICES, LAYOUT, MODE, NAN, OP, PADDING, ROUNDING,
                        SIZE_RULE, TENSOR, Plan, Rejected, describe, fresh, parse, set_shape)


class Unsupported(Exception):
    """The record is not for this version; the text is the reason that expected.txt counts."""


# A suite's dialect; cmsis_nn and tfjs leave it where their framework allows more, see dialect_of().
SUITES = {'torch': 'torch', 'onnx': 'onnx', 'ort': 'onnx', 'tensorflow': 'tf', 'tfjs': 'tf', 'keras': 'keras',
          'tflite': 'tflite', 'cmsis_nn': 'tflite', 'caffe': 'caffe', 'onednn': 'onednn',
          'mlx': 'plain', 'burn': 'plain', 'webnn': 'plain'}
OPERATORS = {'max_pool': ('max', 'sliding'), 'avg_pool': ('average', 'sliding'),
             'adaptive_max_pool': ('max', 'adaptive'), 'adaptive_avg_pool': ('average', 'adaptive'),
             'global_max_pool': ('max', 'global'), 'global_avg_pool': ('average', 'global')}
TYPES = {'float32': 'f32', 'float64': 'f64', 'uint8': 'u8', 'bfloat16': 'bf16', 'float16': 'f16', 'int8': 'int8'}
CONVENTIONS = {'plane': 'plane', 'nchw_flat_row': 'tensor'}
NAN_RULES = {'propagate_last': 'last', 'propagate_first': 'first', 'ignore': 'ignore'}  # others: the dialect's
EMPTY_RULES = {'-inf': 'identity', 'lowest_finite': 'lowest', 'zero': 'zero'}
SHAPELESS = 'not expressible in C: a pointer has no shape that could be wrong'


def run(case, arrays):
    if case['op'] == 'max_pool_grad_from_indices':
        return gradient_from_indices(case, arrays)
    if case['op'] not in OPERATORS:
        raise Unsupported('operator %s: later issue' % case['op'])
    if case['dtype'] not in TYPES:
        raise Unsupported('type %s: later issue' % case['dtype'])
    if case['kind'] == 'error':
        return provoke(case)
    tensors = Order(case)
    desc = description(case, case['params'], tensors)
    set_shape(desc, tensors.shape(arrays['input'].shape))
    if case['kind'] == 'shape':
        with Plan(desc) as plan:
            return finish(case, tensors, dict(output=np.broadcast_to(np.float32(0), plan.shape('output'))))
    result = compute(case, desc, tensors.view(arrays['input']), tensors.view(arrays.get('grad_output')))
    return finish(case, tensors, result)


# ------------------------------------------------------------------------------------------------ tensors

class Order:
    """The order of the axes in the record and in the description, which differ for channels-last memory with a
    channels-first record.  Arrays are only looked at in another order, never copied."""

    def __init__(self, case):
        letters = {'N?': 'NCW', 'NC': 'NCW', 'n/a': 'NWC'}.get(case['layout'], case['layout'])  # error records
        self.record_last = letters[-1] == 'C'
        self.last = self.record_last or case.get('memory_format', '').startswith('channels_last')
        self.channel = letters.index('C')

    def view(self, array):
        """record order -> description order"""
        moved = array is not None and self.last and not self.record_last
        return np.moveaxis(array, self.channel, -1) if moved else array

    def back(self, array):
        return np.moveaxis(array, -1, self.channel) if self.last and not self.record_last else array

    def shape(self, extents):
        return list(self.view(np.broadcast_to(np.uint8(0), extents)).shape)


def place(desc, tensor, array):
    """Describes where the array's elements lie, unless they are dense in the description's layout."""
    if array.flags.c_contiguous:
        return
    strides = [s // array.itemsize for s in array.strides]
    batch = [0] if desc.unbatched else [strides.pop(0)]
    channel = [strides.pop(-1 if desc.layout == LAYOUT['last'] else 0)]
    view = desc.view[TENSOR[tensor]]
    view.strides[:desc.rank + 2] = batch + channel + strides


def finish(case, tensors, result):
    """The answer in the record's order of axes, without what the record leaves out."""
    result = {name: tensors.back(array) for name, array in result.items()}
    if not case['params'].get('keepdims', True):
        y = result['output']
        result['output'] = y.reshape(y.shape[0], y.shape[-1 if tensors.record_last else 1])
    low, high = [None if v is None else float(v) for v in case['params'].get('activation_range') or (None, None)]
    y = result['output']
    if low is not None and (y < low).any() or high is not None and (y > high).any():
        raise Unsupported('fused activation: later issue')
    return result


# ------------------------------------------------------------------------------------------------ descriptions

def dialect_of(case, params):
    """tfjs has neither of TF's limits "pad < window" and "window fits the input"; CMSIS-NN takes explicit pads."""
    pads = list(zip(params.get('kernel') or [], params.get('pad_begin') or [], params.get('pad_end') or []))
    if case['suite'] == 'tfjs' and (any(max(a, b) >= k for k, a, b in pads) or 0 in params.get('output_spatial', [])):
        return 'plain', 0
    if case['suite'] == 'cmsis_nn' and padding_of(params) == 'explicit' and any(a or b for _, a, b in pads):
        return 'plain', 0
    operator = case.get('onnx', {})
    return SUITES[case['suite']], (operator.get('opset') or 0) if not operator.get('domain') else 0


def padding_of(params):
    """CMSIS-NN's pads are numbers; the interpreter that made them was asked for SAME or VALID."""
    source = params.get('pad_mode_source')
    return {'SAME': 'same_upper', 'VALID': 'valid'}.get(source, params.get('pad_mode', 'explicit'))


def description(case, params, tensors):
    """The record's problem, field by field, without its shape."""
    operator, mode = OPERATORS[case['op']]
    dialect, version = dialect_of(case, params)
    desc = describe(dialect, version, operator, case['dim'])
    desc.mode, desc.dtype = MODE[mode], DTYPE[TYPES[case['dtype']]]
    desc.layout = LAYOUT['last' if tensors.last else 'first']
    if mode == 'sliding':
        set_lists(desc, kernel=params['kernel'], stride=params['stride'], dilation=params['dilation'])
        desc.padding = PADDING[padding_of(params)]
        if desc.padding == PADDING['explicit']:
            set_lists(desc, pad_begin=params['pad_begin'], pad_end=params['pad_end'])
        set_size_rule(case, desc, params)
    elif mode == 'adaptive':
        size = params.get('output_size_arg', params['output_size'])
        set_lists(desc, output_size=[AUTO if o is None else o for o in spread(size, desc.rank)])
    if operator == 'average':
        set_divisor(case, desc, params)
    set_rule(case, desc, 'nan', NAN, NAN_RULES.get(params.get('nan')))
    set_rule(case, desc, 'empty', EMPTY, EMPTY_RULES.get(params.get('empty_window')))
    set_rule(case, desc, 'index_convention', CONVENTION, CONVENTIONS.get(params.get('index_convention')))
    if (params.get('quant') or {}).get('rounding') == 'half_away_from_zero':
        set_rule(case, desc, 'rounding', ROUNDING, 'half_away')
    return desc


def set_rule(case, desc, name, enumeration, word):
    """What the framework always does must be its dialect's default.  tfjs has no dialect of its own."""
    if word is None:
        return
    if case['suite'] != 'tfjs' and getattr(desc, name) != enumeration[word]:
        raise AssertionError('%s: the record says %s, the dialect has value %d' % (name, word, getattr(desc, name)))
    setattr(desc, name, enumeration[word])


def spread(value, rank):
    return list(value) if isinstance(value, (list, tuple)) else [value] * rank


def set_lists(desc, **lists):
    for name, values in lists.items():
        getattr(desc, name)[:len(values)] = values


def set_size_rule(case, desc, params):
    given = case['suite'] == 'onednn' or 'outputSizes' in case.get('call', {}).get('options', {})
    if given:
        desc.size_rule = SIZE_RULE['given']
        set_lists(desc, output_size=params['output_spatial'])
    elif params['ceil_mode']:
        desc.size_rule = SIZE_RULE['caffe' if case['suite'] == 'caffe' else 'torch']


def set_divisor(case, desc, params):
    if case['suite'] != 'onednn' and params.get('divisor_override'):  # oneDNN's only spells out the full kernel
        desc.divisor, desc.divisor_override = DIVISOR['override'], params['divisor_override']
    elif params.get('count_include_pad'):
        desc.divisor = DIVISOR['full' if case['suite'] in ('onednn', 'mlx') else 'clamped']
    else:
        desc.divisor = DIVISOR['valid']


# ------------------------------------------------------------------------------------------------ values

def compute(case, desc, x, g):
    """Forward and, with g, backward.  A maximum runs with indices and without, and both ways must agree bit for bit."""
    if desc.op != OP['max']:
        return execute(case, desc, x, g, 'none', 'auto')
    if case['suite'] in ('onnx', 'ort') and 0 < desc.dialect_version < 8:  # MaxPool had no indices yet
        return execute(case, desc, x, g, 'none', 'recompute')
    indexed = execute(case, desc, x, g, 'i64', 'indices')
    plain = execute(case, desc, x, g, 'none', 'recompute')
    for name, array in plain.items():
        if not np.array_equal(array, indexed[name], equal_nan=array.dtype.kind == 'f'):
            raise AssertionError('%s differs between the run with indices and the run without' % name)
    convention = case['params'].get('index_convention')
    if not case['params'].get('return_indices') or convention not in CONVENTIONS:
        del indexed['indices']  # the runner reports "partial: no indices" where the record has some
    return indexed


def execute(case, desc, x, g, indices, backward):
    desc = type(desc).from_buffer_copy(desc)
    desc.indices, desc.backward = INDICES[indices], BACKWARD['none' if g is None else backward]
    place(desc, 'input', x)
    if g is not None:
        place(desc, 'grad_output', g)
    with Plan(desc) as plan:
        check_resolved(case, plan)
        result = dict(output=fresh(plan.shape('output'), x.dtype))
        if indices != 'none':
            result['indices'] = fresh(plan.shape('indices'), np.int64)
        plan.run('pp_forward', input=x, **result)
        if g is not None:
            gradient = fresh(plan.shape('grad_input'), x.dtype)
            needed = {'indices': dict(indices=result.get('indices')), 'recompute': dict(input=x), 'auto': {}}[backward]
            plan.run('pp_backward', grad_output=g, grad_input=gradient, **needed)
            result['grad_input'] = gradient
    return result


def check_resolved(case, plan):
    """The library's own sizes, and its pads for SAME, are the record's."""
    params, rank = case['params'], plan.desc.rank
    expected = {'output_size': params.get('output_spatial') or params.get('output_size')}
    if padding_of(params).startswith('same'):
        expected.update(pad_begin=params['pad_begin'], pad_end=params['pad_end'])
    for name, values in expected.items():
        resolved = list(getattr(plan.desc, name)[:rank])
        if values is not None and resolved != values:
            raise AssertionError('%s: %s, the record says %s' % (name, resolved, values))


def gradient_from_indices(case, arrays):
    """MaxPoolGrad knows no windows, only indices: every window of this description sees the whole plane."""
    params = case['params']
    if 'indices_shape' in params:
        raise Unsupported(SHAPELESS)
    if params.get('index_convention', 'nchw_flat_row') not in CONVENTIONS:
        raise Unsupported('index convention %s: later issue' % params['index_convention'])
    shape = params.get('input_shape', [1, 1, 4, 4])  # the error records leave out what their value siblings state
    indices, g = [arrays.get(a, arrays.get(b)) for a, b in (('indices', 'Indices'), ('grad_output', 'input'))]
    desc = describe('plain', 0, 'max', len(shape) - 2)
    margin = [o - 1 for o in g.shape[2:]]
    set_lists(desc, kernel=[n + m for n, m in zip(shape[2:], margin)], stride=[1] * len(margin), pad_begin=margin, pad_end=margin)
    desc.indices, desc.index_convention = INDICES['i64'], CONVENTION['tensor']
    desc.backward = BACKWARD['indices']
    set_shape(desc, shape)
    with Plan(desc) as plan:
        if plan.shape('grad_output') != list(g.shape):
            raise AssertionError('output shape %s' % plan.shape('grad_output'))
        gradient = fresh(shape, g.dtype)
        plan.run('pp_backward', grad_output=g, indices=indices, grad_input=gradient)
    return dict(grad_input=gradient)


# ------------------------------------------------------------------------------------------------ errors

def provoke(case):
    """Asks for what the peer refuses.  Returns only if the library accepts it."""
    arguments = source_arguments(case)
    if 'grad_output_shape' in case['params']:
        raise Unsupported(SHAPELESS)
    tensors = Order(case)
    rank = len(arguments['kernel']) if 'onnx' in case else case['dim']  # ONNX: the kernel says the rank, the input must follow
    backward = case['expect_error'].get('stage') == 'backward'
    desc = (by_field if fits(arguments, rank) else by_text)(case, tensors, arguments, rank)
    if case['params'].get('return_indices'):
        desc.indices = INDICES['i64']
    set_shape(desc, case['input_shape'])
    if backward:
        try:
            with Plan(desc):
                desc.backward = BACKWARD['auto']
        except Rejected as sentence:
            raise RuntimeError('forward is legal but was refused: %s' % sentence)
    with Plan(desc):
        return {}


def source_arguments(case):
    """The call in the peer's words -> {kernel, stride, ...: number or list as written}."""
    params, suite = case['params'], case['suite']
    if suite == 'tfjs':
        return tfjs_arguments(case)
    words = {'kernel_size': 'kernel', 'padding': 'pad_begin'} if suite == 'torch' else {}
    arguments = {words.get(name, name): value for name, value in params.items() if value is not None}
    if suite == 'torch':
        arguments['pad_end'] = arguments.get('pad_begin', 0)
    if 'pads' in arguments:  # ONNX: as many begins as the kernel has axes, then the ends
        rank = len(arguments['kernel'])
        arguments.update(pad_begin=arguments['pads'][:rank], pad_end=arguments['pads'][rank:])
    return arguments


def tfjs_arguments(case):
    args = case['params']['args']
    if '.pool.' in case['id']:
        kernel, _, pad, dilation, stride = args
    else:
        (kernel, stride, pad), dilation = args[:3], 1
    arguments = dict(kernel=kernel, stride=stride, dilation=dilation)
    if isinstance(pad, str):
        return dict(arguments, pad_mode={'same': 'same_upper'}.get(pad, pad))
    pads = pad[1:-1] if isinstance(pad, list) else [[pad, pad]] * case['dim']
    return dict(arguments, pad_begin=[a for a, _ in pads], pad_end=[b for _, b in pads])


LISTS = {'kernel': 'k', 'stride': 's', 'dilation': 'd', 'pad_begin': 'p', 'pad_end': None, 'output_size': 'o'}


def fits(arguments, rank):
    """Whether the C arrays can hold what was asked: whole numbers, one for each axis, and an index convention by number."""
    lists = [spread(arguments[name], rank) for name in LISTS if name in arguments]
    return all(len(v) == rank and all(isinstance(n, int) for n in v) for v in lists) and 'storage_order' not in arguments


def by_field(case, tensors, arguments, rank):
    operator, mode = OPERATORS[case['op']]
    desc = describe(*dialect_of(case, {}), operator, rank)
    desc.mode, desc.dtype = MODE[mode], DTYPE[TYPES[case['dtype']]]
    desc.layout = LAYOUT['last' if tensors.last else 'first']
    desc.padding = PADDING[arguments.get('pad_mode', 'explicit')]
    set_lists(desc, **{name: spread(arguments[name], rank) for name in LISTS if name in arguments})
    if 'divisor_override' in arguments:
        desc.divisor, desc.divisor_override = DIVISOR['override'], arguments['divisor_override']
    return desc


def by_text(case, tensors, arguments, rank):
    """The notation can also say what no description may hold: lists of another length, fractions, unknown names."""
    operator, mode = OPERATORS[case['op']]
    prefix = '' if mode == 'sliding' else mode + '_'
    dialect, version = dialect_of(case, {})
    words = ['%s%s%dd' % (prefix, {'average': 'avg'}.get(operator, operator), rank),
             'dialect=' + dialect + ('@%d' % version if version else '')]
    if tensors.last:
        words.append({1: 'nwc', 2: 'nhwc', 3: 'ndhwc'}[rank])
    joined = {name: 'x'.join(map(str, spread(arguments[name], rank))) for name in LISTS if name in arguments}
    for name, letter in LISTS.items():
        if name in joined and letter:
            words.append(letter + joined[name] + (':' + joined['pad_end'] if name == 'pad_begin' else ''))
    if 'storage_order' in arguments:
        words.append('idx=%s' % {0: 'tensor'}.get(arguments['storage_order'], arguments['storage_order']))
    return parse(' '.join(words))
