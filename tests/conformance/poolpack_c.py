"""poolpack's C interface as ctypes sees it: constants, structs and a Plan, nothing about conformance.

Mirrors include/poolpack.h; the library says itself (struct_size after pp_desc_init) whether the mirror fits.
"""
import ctypes
import os
from ctypes import POINTER, byref, c_char_p, c_double, c_int, c_int64, c_size_t, c_void_p

import numpy as np

# Words in the order of the header's enumerations.
STATUS = 'OK INVALID REFUSED UNSUPPORTED OVERFLOW NO_MEMORY BAD_INDEX EMPTY_WINDOW'.split()


def enumeration(words):
    return {word: value for value, word in enumerate(words.split())}


DIALECT = enumeration('plain torch onnx keras tf tflite caffe onednn')
OP = enumeration('max min average sum')
MODE = enumeration('sliding adaptive global')
DTYPE = enumeration('f32 f64 u8 bf16 f16 int8')
LAYOUT = enumeration('first last')
SIZE_RULE = enumeration('floor torch caffe plain given')
PADDING = enumeration('explicit valid same_upper same_lower')
DIVISOR = enumeration('valid clamped full override')
NAN = enumeration('last first ignore')
EMPTY = enumeration('identity lowest zero nan error')
ROUNDING = enumeration('half_even half_away truncate')
INDICES = enumeration('none i32 i64')
CONVENTION = enumeration('plane tensor')
BACKWARD = enumeration('none auto indices recompute')
TENSOR = enumeration('input output indices grad_output grad_input')

AUTO = -2 ** 63
MAX_RANK = 3
Spatial = c_int64 * MAX_RANK


class View(ctypes.Structure):
    _fields_ = [('strides', c_int64 * (2 + MAX_RANK)), ('offset', c_int64)]


class Desc(ctypes.Structure):
    _fields_ = [
        ('struct_size', c_size_t), ('dialect', c_int), ('dialect_version', c_int), ('op', c_int), ('mode', c_int),
        ('rank', c_int), ('dtype', c_int), ('layout', c_int), ('unbatched', c_int),
        ('batch', c_int64), ('channels', c_int64), ('input_size', Spatial),
        ('kernel', Spatial), ('stride', Spatial), ('dilation', Spatial), ('padding', c_int),
        ('pad_begin', Spatial), ('pad_end', Spatial), ('size_rule', c_int), ('output_size', Spatial),
        ('divisor', c_int), ('divisor_override', c_double), ('nan', c_int), ('ties', c_int), ('empty', c_int),
        ('rounding', c_int), ('indices', c_int), ('index_convention', c_int), ('backward', c_int),
        ('view', View * len(TENSOR))]


class Args(ctypes.Structure):
    _fields_ = [
        ('struct_size', c_size_t), ('input', c_void_p), ('output', c_void_p), ('indices', c_void_p),
        ('grad_output', c_void_p), ('grad_input', c_void_p), ('accumulate', c_int),
        ('scratch', c_void_p), ('scratch_size', c_size_t), ('range_begin', Spatial), ('range_end', Spatial),
        ('input_origin', Spatial), ('output_origin', Spatial), ('error', c_char_p), ('error_size', c_size_t)]


class Rejected(Exception):
    """The library refused the arguments; the text is its sentence."""


def load(path):
    library = ctypes.CDLL(path)
    signatures = {
        'pp_version': (c_char_p,),
        'pp_desc_init': (c_int, POINTER(Desc), c_int, c_int, c_int, c_int),
        'pp_desc_set_shape': (c_int, POINTER(Desc), c_int, POINTER(c_int64), c_char_p, c_size_t),
        'pp_desc_parse': (c_int, POINTER(Desc), c_char_p, c_char_p, c_size_t),
        'pp_plan_create': (c_int, POINTER(c_void_p), POINTER(Desc), c_void_p, c_char_p, c_size_t),
        'pp_plan_destroy': (None, c_void_p),
        'pp_plan_desc': (POINTER(Desc), c_void_p),
        'pp_plan_shape': (c_int, c_void_p, c_int, POINTER(c_int64)),
        'pp_forward': (c_int, c_void_p, POINTER(Args)),
        'pp_backward': (c_int, c_void_p, POINTER(Args)),
    }
    for name, (result, *arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


if not os.environ.get('POOLPACK_LIBRARY'):
    raise SystemExit('environment POOLPACK_LIBRARY: the path of the shared library is missing')
pp = load(os.environ['POOLPACK_LIBRARY'])


class Sentence:
    """The caller's error buffer.  check() turns a status into an exception and holds the library to its promise about
    the text: one line when something failed, empty when nothing did."""

    def __init__(self):
        self.buffer = ctypes.create_string_buffer(b'unwritten', 512)

    def check(self, status):
        text = self.buffer.value.decode()
        if STATUS[status] == 'OK':
            if text:
                raise RuntimeError('PP_OK but the error buffer holds %r' % text)
            return
        if not text or text == 'unwritten' or '\n' in text:
            raise RuntimeError('PP_%s without a sentence: %r' % (STATUS[status], text))
        if STATUS[status] in ('UNSUPPORTED', 'NO_MEMORY'):  # neither says that the arguments are wrong
            raise RuntimeError('PP_%s: %s' % (STATUS[status], text))
        raise Rejected('PP_%s: %s' % (STATUS[status], text))


def describe(dialect, version, op, rank):
    """pp_desc_init; also proves that the mirror above has the library's size."""
    desc = Desc()
    status = pp.pp_desc_init(byref(desc), DIALECT[dialect], version, OP[op], rank)
    if status:
        raise Rejected('PP_%s: pp_desc_init' % STATUS[status])
    if desc.struct_size != ctypes.sizeof(Desc):
        raise SystemExit('poolpack_c.Desc has %d bytes, the library says %d' % (ctypes.sizeof(Desc), desc.struct_size))
    return desc


def parse(text):
    desc, sentence = Desc(), Sentence()
    sentence.check(pp.pp_desc_parse(byref(desc), text.encode(), sentence.buffer, len(sentence.buffer)))
    return desc


def set_shape(desc, shape):
    sentence = Sentence()
    array = (c_int64 * max(len(shape), 1))(*shape)
    sentence.check(pp.pp_desc_set_shape(byref(desc), len(shape), array, sentence.buffer, len(sentence.buffer)))


class Plan:
    def __init__(self, desc):
        sentence, self.plan = Sentence(), c_void_p()
        status = pp.pp_plan_create(byref(self.plan), byref(desc), None, sentence.buffer, len(sentence.buffer))
        if bool(self.plan) != (status == 0):
            raise RuntimeError('*plan is %s after PP_%s' % (self.plan.value, STATUS[status]))
        sentence.check(status)
        self.desc = pp.pp_plan_desc(self.plan).contents  # the resolved description, owned by the plan

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        pp.pp_plan_destroy(self.plan)

    def shape(self, tensor):
        extents = (c_int64 * (2 + MAX_RANK))()
        return list(extents[:pp.pp_plan_shape(self.plan, TENSOR[tensor], extents)])

    def run(self, function, **arrays):
        """pp_forward or pp_backward on NumPy arrays (their first elements: views carry the strides)."""
        sentence = Sentence()
        args = Args(struct_size=ctypes.sizeof(Args), error=ctypes.cast(sentence.buffer, c_char_p),
                    error_size=len(sentence.buffer))
        for name, array in arrays.items():
            setattr(args, name, array.ctypes.data if array.size else None)
        sentence.check(getattr(pp, function)(self.plan, byref(args)))


def fresh(shape, dtype):
    """Memory as no operator leaves it: NaN for floats (255 for bytes), -6e18 for indices.  A missing write is noticed."""
    byte = 0xA5 if dtype == np.int64 else 0xFF
    return np.full(int(np.prod(shape)) * np.dtype(dtype).itemsize, byte, np.uint8).view(dtype).reshape(shape)
