// mlp_step: forward, loss, backward and descent of a multilayer perceptron on one row of a table, in one launch
//
// h₀ = x[row], hₗ = f(Wₗ hₗ₋₁ + bₗ), then W -= lr ∂E/∂W and b -= lr · bias_rate · ∂E/∂b; row = order[clock % orders].
// E is the mean of (y - t)² over outputs, or the cross-entropy of softmax(y) and t. One workgroup does it all: the
// networks are small, and a launch costs more than they do. Lanes are neurons; a weight's gradient is never stored.
// grid  (1)

//@use activate

struct Params {
    layers: u32,
    orders: u32,     // length of the order
    schedule: u32,   // rows of it
    bias_rate: f32,  // factor on the learning rate of biases
    hidden: u32, hidden_alpha: f32, hidden_beta: f32, // activation behind all layers but the last
    output: u32, output_alpha: f32, output_beta: f32, // and behind the last
}

@group(0) @binding(0) var<storage, read_write> clock:      array<u32>;       // [1]
@group(0) @binding(1) var<storage, read>       x:          array<f32>;       // [rows, inputs]
@group(0) @binding(2) var<storage, read>       targets:    array<f32>;       // [rows, outputs]
@group(0) @binding(3) var<storage, read>       order:      array<u32>;       // [orders]
@group(0) @binding(4) var<storage, read>       schedule:   array<vec4<f32>>; // learning rate first
@group(0) @binding(5) var<storage, read_write> parameters: array<f32>;       // all W and b
@group(0) @binding(6) var<storage, read_write> loss:       array<f32>;       // [1]
@group(0) @binding(7) var<storage, read>       table:      array<vec4<u32>>; // a layer: inputs, outputs, first of W, of b
@group(0) @binding(8) var<uniform>             dim:        Params;

const WORKGROUP: u32 = 8u;         //@set
const NEURONS: u32 = 64u;          //@set at least inputs and neurons together
const CROSS_ENTROPY: bool = false; //@set

var<workgroup> h: array<f32, NEURONS>; // x, then each layer's results
var<workgroup> d: array<f32, NEURONS>; // ∂E by the sum before the activation, at the same places

fn act(layer: u32, v: f32) -> f32 {
    if layer + 1u < dim.layers { return activate(dim.hidden, vec4<f32>(v), dim.hidden_alpha, dim.hidden_beta).x; }
    return activate(dim.output, vec4<f32>(v), dim.output_alpha, dim.output_beta).x;
}

fn slope(layer: u32, y: f32) -> f32 {
    if layer + 1u < dim.layers { return slope_y(dim.hidden, vec4<f32>(y), dim.hidden_alpha, dim.hidden_beta).x; }
    return slope_y(dim.output, vec4<f32>(y), dim.output_alpha, dim.output_beta).x;
}

// ∂E by the results of the last layer, which begin at `y`, and E itself.
fn errors(lane: u32, y: u32, n: u32, row: u32) {
    var high = h[y];
    for (var o = 1u; o < n; o++) { high = max(high, h[y + o]); }
    var sum = 0.0; // of exp(y - high)
    var all = 0.0; // of t
    for (var o = 0u; o < n; o++) {
        sum += exp(h[y + o] - high);
        all += targets[row * n + o];
    }
    for (var o = lane; o < n; o += WORKGROUP) {
        let t = targets[row * n + o];
        let by_y = select(2.0 * (h[y + o] - t) / f32(n), exp(h[y + o] - high) / sum * all - t, CROSS_ENTROPY);
        d[y + o] = by_y * slope(dim.layers - 1u, h[y + o]);
    }
    if lane > 0u { return; }
    var total = 0.0;
    for (var o = 0u; o < n; o++) {
        let t = targets[row * n + o];
        let miss = h[y + o] - t;
        total += select(miss * miss / f32(n), t * (log(sum) - (h[y + o] - high)), CROSS_ENTROPY);
    }
    loss[0] = total;
}

@compute @workgroup_size(WORKGROUP)
fn mlp_step(@builtin(local_invocation_index) lane: u32) {
    let step = clock[0];
    let row = order[step % dim.orders];
    let lr = schedule[min(step, dim.schedule - 1u)].x;

    let inputs = table[0].x;
    for (var i = lane; i < inputs; i += WORKGROUP) { h[i] = x[row * inputs + i]; }
    workgroupBarrier();

    var at = 0u; // where the layer's inputs begin
    for (var l = 0u; l < dim.layers; l++) {
        let layer = table[l];
        for (var o = lane; o < layer.y; o += WORKGROUP) {
            var sum = parameters[layer.w + o];
            for (var i = 0u; i < layer.x; i++) { sum += parameters[layer.z + o * layer.x + i] * h[at + i]; }
            h[at + layer.x + o] = act(l, sum);
        }
        at += layer.x;
        workgroupBarrier();
    }
    errors(lane, at, table[dim.layers - 1u].y, row);

    for (var back = 0u; back < dim.layers; back++) {
        let l = dim.layers - 1u - back;
        let layer = table[l];
        workgroupBarrier();
        for (var o = lane; o < layer.y; o += WORKGROUP) {
            parameters[layer.w + o] -= lr * dim.bias_rate * d[at + o];
        }
        // Column by column: a lane reads a weight, passes the error back through it, then moves it.
        let below = at - layer.x;
        for (var i = lane; i < layer.x; i += WORKGROUP) {
            var sum = 0.0;
            for (var o = 0u; o < layer.y; o++) {
                let w = layer.z + o * layer.x + i;
                let weight = parameters[w];
                sum += weight * d[at + o];
                parameters[w] = weight - lr * d[at + o] * h[below + i];
            }
            if l > 0u { d[below + i] = sum * slope(l - 1u, h[below + i]); }
        }
        at = below;
    }
    if lane == 0u { clock[0] = step + 1u; }
}
